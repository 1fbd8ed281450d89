import type { Run } from '@/shared/api'

/** How long a run waited for its start, or has been waiting, in ms. now: the server's time, ms since 1970. */
export function waitingMs(run: Run, now: number): number | null {
  if (run.state === 'queued') return Math.max(0, now - Date.parse(run.queued_at))
  return run.waiting_ms
}

/** How long it ran, or has been running, in ms; null when it never started. */
export function durationMs(run: Run, now: number): number | null {
  if (run.state === 'running' && run.started_at) return Math.max(0, now - Date.parse(run.started_at))
  return run.state === 'queued' ? null : run.duration_ms
}
