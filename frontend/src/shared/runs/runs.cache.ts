import type { InfiniteData } from '@tanstack/vue-query'

import type { Run, RunPage } from '@/shared/api'
import type { RunEvent } from '@/shared/live/protocol'

/** The pages of a list of runs as the query cache holds them, newest run first. */
export type RunPages = InfiniteData<RunPage, string | null>

const TERMINAL = new Set<Run['state']>(['succeeded', 'failed', 'cancelled', 'skipped'])

export function isOver(run: Pick<Run, 'state'>): boolean {
  return TERMINAL.has(run.state)
}

/** The run after an event: what the event says, and the times that follow from it. An older event changes nothing. */
export function applyEvent(run: Run, event: RunEvent): Run {
  if (event.event <= run.event) return run
  const { state, attempt, exit_reason, at } = event
  return { ...run, state, attempt, exit_reason, event: event.event, ...timesAfter(run, state, at) }
}

function timesAfter(run: Run, state: Run['state'], at: string): Partial<Run> {
  const since = (start: string | null) => (start ? Math.max(0, Date.parse(at) - Date.parse(start)) : null)
  if (state === 'running') {
    return { started_at: at, finished_at: null, duration_ms: null, waiting_ms: since(run.queued_at) }
  }
  return isOver({ state }) ? { finished_at: at, duration_ms: since(run.started_at) } : {}
}

/** Every held row brought up to the newest of its events. `missing`: events of runs that aren't held. */
export function applyEvents(
  pages: RunPages,
  events: readonly RunEvent[],
): { pages: RunPages; missing: RunEvent[] } {
  const newest = new Map<string, RunEvent>()
  for (const event of events) {
    if (event.event > (newest.get(event.run)?.event ?? -1)) newest.set(event.run, event)
  }
  const held = new Set<string>()
  const patched = mapRuns(pages, (run) => {
    const event = newest.get(run.id)
    if (event) held.add(run.id)
    return event ? applyEvent(run, event) : run
  })
  return { pages: patched, missing: [...newest.values()].filter((event) => !held.has(event.run)) }
}

/**
 * What was fetched, except rows that we know newer: a page may be older than an event already seen; `event` only
 * grows. Given to the query cache, which calls it on everything that is written.
 */
export function keepNewest(held: RunPages | undefined, fetched: RunPages): RunPages {
  if (!held) return fetched
  const byId = indexOf(held)
  return mapRuns(fetched, (run) => newerOf(byId.get(run.id), run))
}

/** A first page, fetched again, on top of what is held. If the two don't touch, runs lie between: start over. */
export function mergeHead(held: RunPages, head: RunPage): RunPages {
  const [first, ...rest] = held.pages
  const byId = indexOf(held)
  const fresh = head.results.map((run) => newerOf(byId.get(run.id), run))
  const touches = head.next == null || head.results.some((run) => byId.has(run.id))
  if (!first || !touches || rest.length + first.results.length === 0) {
    return { pages: [{ ...head, results: fresh }], pageParams: [null] }
  }
  const taken = new Set(fresh.map((run) => run.id))
  const without = (page: RunPage) => ({ ...page, results: page.results.filter((run) => !taken.has(run.id)) })
  const kept = rest.map(without)
  return {
    pages: [{ ...first, results: [...fresh, ...without(first).results] }, ...kept],
    pageParams: held.pageParams,
  }
}

/** Whether a run belongs among the rows that are held: ids grow with time, so below the last one is a later page. */
export function isInReach(pages: RunPages, id: string): boolean {
  const last = pages.pages.at(-1)
  const lowest = last?.results.at(-1)?.id
  return last?.next == null || lowest === undefined || id > lowest
}

export function rowsOf(pages: Pick<RunPages, 'pages'> | undefined): Run[] {
  return pages?.pages.flatMap((page) => page.results) ?? []
}

function newerOf(held: Run | undefined, fetched: Run): Run {
  return held && held.event > fetched.event ? held : fetched
}

function indexOf(pages: RunPages): Map<string, Run> {
  return new Map(rowsOf(pages).map((run) => [run.id, run]))
}

function mapRuns(pages: RunPages, change: (run: Run) => Run): RunPages {
  return {
    ...pages,
    pages: pages.pages.map((page) => ({ ...page, results: page.results.map(change) })),
  }
}
