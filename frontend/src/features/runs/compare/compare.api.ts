import { api, bodyOf, type Run } from '@/shared/api'
import { readLine } from '@/shared/runs/ansi'
import { readLog } from '@/shared/runs/runs.api'

/** Logs are compared up to here: beyond, a browser has too much to do. */
export const MOST_LINES = 20_000

export interface LogText {
  text: string
  lines: number
  isCut: boolean
}

/** An attempt's log as text, as a terminal would show it; no more than MOST_LINES of it. */
export async function readLogText(id: string, attempt: number, signal?: AbortSignal): Promise<LogText> {
  const lines: string[] = []
  let hasMore = attempt > 0
  while (hasMore && lines.length < MOST_LINES) {
    const before = lines.length
    const part = await readLog(id, attempt, lines.length, signal)
    for (const { text } of part.blocks) {
      for (const line of text.split('\n').slice(0, -1)) lines.push(readLine(line).text)
    }
    hasMore = part.has_more && lines.length > before
  }
  const kept = lines.slice(0, MOST_LINES)
  return { text: kept.join('\n'), lines: kept.length, isCut: hasMore || lines.length > MOST_LINES }
}

/** Runs of a job that one may be compared with: its last success first, then the newest. */
export async function listRivals(job: string, signal?: AbortSignal): Promise<Run[]> {
  const ask = (query: { state?: Run['state'][]; page_size: number }) =>
    bodyOf(api.GET('/api/v1/runs/', { params: { query: { ...query, job } }, signal }))
  const [good, newest] = await Promise.all([
    ask({ state: ['succeeded'], page_size: 2 }),
    ask({ page_size: 40 }),
  ])
  const byId = new Map([...good.results, ...newest.results].map((run) => [run.id, run]))
  return [...byId.values()]
}

/** Whom a run is compared with when nobody says: the last success before it, else the run before it. */
export async function rivalOf(run: Run, signal?: AbortSignal): Promise<Run | null> {
  const query = { job: run.job.id, queued_before: run.queued_at, ordering: '-queued_at', page_size: 1 }
  const ask = (more: { state?: Run['state'][] }) =>
    bodyOf(api.GET('/api/v1/runs/', { params: { query: { ...query, ...more } }, signal }))
  const [good, any] = await Promise.all([ask({ state: ['succeeded'] }), ask({})])
  return good.results[0] ?? any.results[0] ?? null
}
