import type { Run } from '@/shared/api'
import type { RunEvent } from '@/shared/live/protocol'

/** A run's id; the greater the number, the newer the run. */
export const idOf = (number: number) => `01900000-0000-7000-8000-${String(number).padStart(12, '0')}`

export function aRun(number: number, changes: Partial<Run> = {}): Run {
  return {
    id: idOf(number),
    job: { id: idOf(9000), name: `job ${number}`, kind: 'python' },
    state: 'queued',
    source: 'cron',
    attempt: 0,
    version: 1,
    trigger: null,
    scheduled_for: null,
    queued_at: '2026-03-01T10:00:00Z',
    started_at: null,
    finished_at: null,
    waiting_ms: null,
    duration_ms: null,
    exit_reason: '',
    exit_code: null,
    exit_signal: '',
    message: '',
    params: {},
    priority: 5,
    requested_by: null,
    cancelled_by: '',
    rerun_of: null,
    failures: 0,
    losses: 0,
    has_result: false,
    event: 1,
    can_operate: true,
    can_rerun: true,
    ...changes,
  }
}

export function anEvent(number: number, changes: Partial<RunEvent> = {}): RunEvent {
  return {
    run: idOf(number),
    job: idOf(9000),
    job_name: `job ${number}`,
    state: 'running',
    attempt: 1,
    event: 2,
    at: '2026-03-01T10:00:03Z',
    exit_reason: '',
    ...changes,
  }
}
