import { api, bodyOf } from '@/shared/api'
import type { components } from '@/shared/api/schema'

export type Account = components['schemas']['Account']
export type AccountChange = components['schemas']['PatchedAccountChangeRequest']
export type OpenSession = components['schemas']['OpenSession']
export type Token = components['schemas']['Token']
export type IssuedToken = components['schemas']['IssuedToken']

export function readAccount(signal?: AbortSignal): Promise<Account> {
  return bodyOf(api.GET('/api/v1/account/', { signal }))
}

export function changeAccount(body: AccountChange): Promise<Account> {
  return bodyOf(api.PATCH('/api/v1/account/', { body }))
}

export async function changePassword(current: string, fresh: string): Promise<void> {
  await api.POST('/api/v1/account/password/', { body: { current_password: current, new_password: fresh } })
}

export function listSessions(signal?: AbortSignal): Promise<OpenSession[]> {
  return all((cursor) =>
    bodyOf(api.GET('/api/v1/sessions/', { params: { query: { cursor, page_size: 200 } }, signal })),
  )
}

export async function endSession(id: string): Promise<void> {
  await api.DELETE('/api/v1/sessions/{id}/', { params: { path: { id } } })
}

/** How many were ended. */
export async function endOtherSessions(): Promise<number> {
  return (await bodyOf(api.POST('/api/v1/sessions/end_others/'))).ended
}

export function listTokens(signal?: AbortSignal): Promise<Token[]> {
  return all((cursor) =>
    bodyOf(api.GET('/api/v1/tokens/', { params: { query: { cursor, page_size: 200 } }, signal })),
  )
}

export function issueToken(name: string, days: number): Promise<IssuedToken> {
  return bodyOf(api.POST('/api/v1/tokens/', { body: { name, expires_in_days: days } }))
}

export async function revokeToken(id: string): Promise<void> {
  await api.DELETE('/api/v1/tokens/{id}/', { params: { path: { id } } })
}

/** A list that is one's own is short: all of its pages. */
async function all<T>(
  page: (cursor: string | undefined) => Promise<{ next?: string | null; results: T[] }>,
): Promise<T[]> {
  const found: T[] = []
  let cursor: string | undefined
  do {
    const { next, results } = await page(cursor)
    found.push(...results)
    cursor = next ? (new URL(next, location.origin).searchParams.get('cursor') ?? undefined) : undefined
  } while (cursor)
  return found
}
