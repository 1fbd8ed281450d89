import { api, bodyOf, type Attempt, type Run, type RunPage, type RunState } from '@/shared/api'

export const PAGE_SIZE = 50
/** The largest page that the server gives. */
export const MOST = 200

export interface RunFilter {
  state: RunState | null
  /** A job's id. */
  job: string | null
  /** Words in the job's name; empty: any. */
  search: string
}

export function listRuns(filter: RunFilter, cursor: string | null, signal?: AbortSignal): Promise<RunPage> {
  const query = {
    page_size: PAGE_SIZE,
    ...(filter.state && { state: [filter.state] }),
    ...(filter.job && { job: filter.job }),
    ...(filter.search && { search: filter.search }),
    ...(cursor && { cursor }),
  }
  return bodyOf(api.GET('/api/v1/runs/', { params: { query }, signal }))
}

export function getRun(id: string, signal?: AbortSignal): Promise<Run> {
  return bodyOf(api.GET('/api/v1/runs/{id}/', { params: { path: { id } }, signal }))
}

export async function cancelRun(id: string): Promise<void> {
  await api.POST('/api/v1/runs/{id}/cancel/', { params: { path: { id } } })
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
