import type { InfiniteData } from '@tanstack/vue-query'

import type { Job, JobPage, RecentRun } from '@/shared/api'
import type { RunEvent } from '@/shared/live/protocol'

/** The pages of the list as the query cache holds them. */
export type JobPages = InfiniteData<JobPage, string | null>

/** How many runs a row shows. */
export const RECENT = 20

const TERMINAL = new Set<RecentRun['state']>(['succeeded', 'failed', 'cancelled', 'skipped'])

export function rowsOf(pages: Pick<JobPages, 'pages'> | undefined): Job[] {
  return pages?.pages.flatMap((page) => page.results) ?? []
}

/** Every held job brought up to events of its runs, in their order. What isn't touched stays the same object. */
export function applyRuns(pages: JobPages, events: readonly RunEvent[]): JobPages {
  const byJob = new Map<string, RunEvent[]>()
  for (const event of events) {
    const own = byJob.get(event.job)
    if (own) own.push(event)
    else byJob.set(event.job, [event])
  }
  return mapJobs(pages, (job) => {
    const before = job.recent_runs ?? []
    const after = byJob.get(job.id)?.reduce((runs, event) => withEvent(runs, event), before) ?? before
    return after === before ? job : { ...job, recent_runs: after }
  })
}

/** A job's newest runs after an event, the newest first; the same list when the event says nothing new. */
export function withEvent(runs: RecentRun[], event: RunEvent, most = RECENT): RecentRun[] {
  const held = runs.find(({ id }) => id === event.run)
  if (held && (held.state === event.state || TERMINAL.has(held.state))) return runs
  const next = moved(held, event)
  if (held) return runs.map((run) => (run.id === next.id ? next : run))
  // Ids grow with time: one that is older than all that are shown has no place.
  const last = runs.at(-1)
  if (last && runs.length >= most && next.id < last.id) return runs
  return [...runs, next].sort((one, other) => (one.id < other.id ? 1 : -1)).slice(0, most)
}

function moved(held: RecentRun | undefined, { run, state, at }: RunEvent): RecentRun {
  const before = held ?? {
    id: run,
    state,
    source: 'manual',
    queued_at: at,
    started_at: null,
    finished_at: null,
    duration_ms: null,
  }
  if (state === 'running') return { ...before, state, started_at: at, finished_at: null, duration_ms: null }
  if (!TERMINAL.has(state)) return { ...before, state }
  const lasted = before.started_at ? Math.max(0, Date.parse(at) - Date.parse(before.started_at)) : null
  return { ...before, state, finished_at: at, duration_ms: lasted }
}

/** The jobs that were asked for again: what came back is put in place, what didn't has gone. */
export function replaceJobs(pages: JobPages, asked: readonly string[], found: readonly Job[]): JobPages {
  const fresh = new Map(found.map((job) => [job.id, job]))
  const gone = new Set(asked.filter((id) => !fresh.has(id)))
  const kept = gone.size > 0 ? withoutJobs(pages, gone) : pages
  return mapJobs(kept, (job) => fresh.get(job.id) ?? job)
}

export function withoutJobs(pages: JobPages, gone: ReadonlySet<string>): JobPages {
  return {
    ...pages,
    pages: pages.pages.map((page) =>
      page.results.some(({ id }) => gone.has(id))
        ? { ...page, results: page.results.filter(({ id }) => !gone.has(id)) }
        : page,
    ),
  }
}

function mapJobs(pages: JobPages, change: (job: Job) => Job): JobPages {
  return {
    ...pages,
    pages: pages.pages.map((page) => {
      const results = page.results.map(change)
      return results.some((job, place) => job !== page.results[place]) ? { ...page, results } : page
    }),
  }
}
