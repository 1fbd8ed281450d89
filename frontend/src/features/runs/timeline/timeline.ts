import type { Attempt, Run } from '@/shared/api'
import { isOver } from '@/shared/runs/runs.cache'

/** A stretch of a run's life: it waits in the queue, or an attempt is under way. */
export interface Stretch {
  kind: 'waiting' | 'attempt'
  /** Instants, in ms since 1970. */
  from: number
  to: number
  /** It goes on: `to` is now. */
  isOpen: boolean
  /** null: a wait, or an attempt of which nothing is known yet. */
  attempt: Attempt | null
}

/**
 * A run's life without gaps, from when it was asked for to its end, or to now. The attempts come in order; before
 * each of them lies a wait. now: the server's time, ms since 1970.
 */
export function timelineOf(run: Run, attempts: readonly Attempt[], now: number): Stretch[] {
  const stretches: Stretch[] = []
  let at = Date.parse(run.queued_at)
  // An attempt that the page doesn't know yet: its event came before the list.
  const isAhead = run.state === 'running' && run.attempt > (attempts.at(-1)?.number ?? 0)

  for (const attempt of attempts) {
    const from = Date.parse(attempt.started_at)
    if (from > at) stretches.push({ kind: 'waiting', from: at, to: from, isOpen: false, attempt: null })
    const isOpen = attempt.finished_at === null
    at = isOpen ? Math.max(from, now) : Date.parse(attempt.finished_at!)
    stretches.push({ kind: 'attempt', from, to: at, isOpen, attempt })
  }
  if (isAhead) {
    const from = Math.max(at, Date.parse(run.started_at ?? run.queued_at))
    if (from > at) stretches.push({ kind: 'waiting', from: at, to: from, isOpen: false, attempt: null })
    stretches.push({ kind: 'attempt', from, to: Math.max(from, now), isOpen: true, attempt: null })
  } else if (run.state === 'queued') {
    stretches.push({ kind: 'waiting', from: at, to: Math.max(at, now), isOpen: true, attempt: null })
  } else if (isOver(run) && run.finished_at && Date.parse(run.finished_at) > at && run.attempt === 0) {
    stretches.push({
      kind: 'waiting',
      from: at,
      to: Date.parse(run.finished_at),
      isOpen: false,
      attempt: null,
    })
  }
  return stretches
}
