import { api, bodyOf, type Attempt, type operations, type Run, type RunPage } from '@/shared/api'

export const PAGE_SIZE = 50
/** The largest page that the server gives. */
export const MOST = 200

type ListQuery = NonNullable<operations['runs_list']['parameters']['query']>

/** What a list of runs can be narrowed by; what is left out narrows nothing. */
export type RunFilter = Omit<ListQuery, 'cursor' | 'ordering' | 'page_size'>

export interface RerunChanges {
  params?: Record<string, unknown>
  /** From 1 to 9. */
  priority?: number
}

export function listRuns(filter: RunFilter, cursor: string | null, signal?: AbortSignal): Promise<RunPage> {
  const query = { ...filter, page_size: PAGE_SIZE, ...(cursor && { cursor }) }
  return bodyOf(api.GET('/api/v1/runs/', { params: { query }, signal }))
}

export function getRun(id: string, signal?: AbortSignal): Promise<Run> {
  return bodyOf(api.GET('/api/v1/runs/{id}/', { params: { path: { id } }, signal }))
}

export async function cancelRun(id: string): Promise<void> {
  await api.POST('/api/v1/runs/{id}/cancel/', { params: { path: { id } } })
}

/** Run the job again as it is today; what is not given is as it was. */
export function rerun(id: string, changes: RerunChanges = {}): Promise<Run> {
  return bodyOf(api.POST('/api/v1/runs/{id}/rerun/', { params: { path: { id } }, body: changes }))
}

/** The attempts of a run, the first one first: so many as one page holds. */
export async function listAttempts(id: string, signal?: AbortSignal): Promise<Attempt[]> {
  const params = { path: { id }, query: { page_size: MOST } }
  return (await bodyOf(api.GET('/api/v1/runs/{id}/attempts/', { params, signal }))).results
}

/** One stretch of an attempt's log. after: the number of the last line that is known; 0 from the start. */
export function readLog(id: string, attempt: number, after: number, signal?: AbortSignal) {
  const params = { path: { id }, query: { attempt, after } }
  return bodyOf(api.GET('/api/v1/runs/{id}/log/', { params, signal }))
}

export function logDownloadAddress(id: string): string {
  return `/api/v1/runs/${encodeURIComponent(id)}/log/download/`
}

/** The cursor in the address of a next page; null on the last one. */
export function cursorOf(next: string | null | undefined): string | null {
  return next ? new URL(next, 'http://relative').searchParams.get('cursor') : null
}
