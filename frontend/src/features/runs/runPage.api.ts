import {
  api,
  bodyOf,
  type components,
  type JobDetail,
  type Run,
  type RunEventRow,
  type RunResult,
  type WaitReason,
} from '@/shared/api'
import { listAttempts, MOST } from '@/shared/runs/runs.api'

export type RunDefinition = components['schemas']['RunDefinition']

export interface History {
  attempts: Awaited<ReturnType<typeof listAttempts>>
  events: RunEventRow[]
}

/** What a run went through, oldest first: so much of it as one page holds. */
export async function getHistory(id: string, signal?: AbortSignal): Promise<History> {
  const params = { path: { id }, query: { page_size: MOST } }
  const [attempts, events] = await Promise.all([
    listAttempts(id, signal),
    bodyOf(api.GET('/api/v1/runs/{id}/events/', { params, signal })),
  ])
  return { attempts, events: events.results }
}

/** Why a run waits, the hardest reason first. */
export async function explain(id: string, signal?: AbortSignal): Promise<WaitReason[]> {
  return (await bodyOf(api.GET('/api/v1/runs/{id}/explain/', { params: { path: { id } }, signal }))).reasons
}

export function getResult(id: string, signal?: AbortSignal): Promise<RunResult> {
  return bodyOf(api.GET('/api/v1/runs/{id}/result/', { params: { path: { id } }, signal }))
}

/** What a run was made with: definition and environment, with likely secrets masked. */
export function getDefinition(id: string, signal?: AbortSignal): Promise<RunDefinition> {
  return bodyOf(api.GET('/api/v1/runs/{id}/definition/', { params: { path: { id } }, signal }))
}

export function getJob(id: string, signal?: AbortSignal): Promise<JobDetail> {
  return bodyOf(api.GET('/api/v1/jobs/{id}/', { params: { path: { id } }, signal }))
}

export function resultDownloadAddress(id: string): string {
  return `/api/v1/runs/${encodeURIComponent(id)}/result/download/`
}

/** The newest of the runs that repeat one. */
export async function listReruns(id: string, signal?: AbortSignal): Promise<Run[]> {
  const query = { rerun_of: id, page_size: 3 }
  return (await bodyOf(api.GET('/api/v1/runs/', { params: { query }, signal }))).results
}

export interface Neighbours {
  before: Run | null
  after: Run | null
}

/** The runs of the same job that were asked for just before and just after. */
export async function getNeighbours(run: Run, signal?: AbortSignal): Promise<Neighbours> {
  const job = run.job.id
  const older = { job, queued_before: run.queued_at, ordering: '-queued_at', page_size: 1 }
  // The run itself is among those that were not asked for before it; so are others of the same moment.
  const newer = { job, queued_after: run.queued_at, ordering: 'queued_at', page_size: 3 }
  const [before, after] = await Promise.all(
    [older, newer].map((query) => bodyOf(api.GET('/api/v1/runs/', { params: { query }, signal }))),
  )
  return {
    before: before!.results[0] ?? null,
    after: after!.results.find(({ id, queued_at }) => id > run.id && queued_at >= run.queued_at) ?? null,
  }
}
