import { expect, it } from 'vitest'

import type { Attempt } from '@/shared/api'

import { aRun } from '../../../../tests/runs'

import { timelineOf } from './timeline'

const BEGAN = Date.parse('2026-03-01T10:00:00Z')
const at = (seconds: number) => new Date(BEGAN + seconds * 1000).toISOString()

function anAttempt(number: number, from: number, to: number | null): Attempt {
  return {
    number,
    executor: 'worker-1',
    executor_id: 'e',
    started_at: at(from),
    finished_at: to === null ? null : at(to),
    duration_ms: to === null ? null : (to - from) * 1000,
    cpu_seconds: null,
    max_rss_bytes: null,
    exit_reason: to === null ? '' : 'exit_code',
    exit_code: null,
    exit_signal: '',
    message: '',
  }
}

/** Stretches as "kind from–to", in seconds since it was asked for; what goes on ends in "…". */
function told(...given: Parameters<typeof timelineOf>): string[] {
  return timelineOf(...given).map(
    ({ kind, from, to, isOpen }) =>
      `${kind} ${(from - BEGAN) / 1000}–${(to - BEGAN) / 1000}${isOpen ? '…' : ''}`,
  )
}

it.each([
  ['waits', aRun(1), [], 7, ['waiting 0–7…']],
  [
    'runs',
    aRun(1, { state: 'running', attempt: 1 }),
    [anAttempt(1, 2, null)],
    7,
    ['waiting 0–2', 'attempt 2–7…'],
  ],
  [
    'has ended at the second try',
    aRun(1, { state: 'succeeded', attempt: 2, finished_at: at(30) }),
    [anAttempt(1, 2, 5), anAttempt(2, 20, 30)],
    99,
    ['waiting 0–2', 'attempt 2–5', 'waiting 5–20', 'attempt 20–30'],
  ],
  ['is tried again', aRun(1, { attempt: 1 }), [anAttempt(1, 0, 5)], 9, ['attempt 0–5', 'waiting 5–9…']],
  [
    'has begun a try that the list does not know yet',
    aRun(1, { state: 'running', attempt: 2, started_at: at(8) }),
    [anAttempt(1, 0, 5)],
    9,
    ['attempt 0–5', 'waiting 5–8', 'attempt 8–9…'],
  ],
  [
    'was cancelled in the queue',
    aRun(1, { state: 'cancelled', finished_at: at(4) }),
    [],
    99,
    ['waiting 0–4'],
  ],
  ['was skipped at once', aRun(1, { state: 'skipped', finished_at: at(0) }), [], 99, []],
])('a run that %s', (_name, run, attempts, seconds, expected) => {
  expect(told(run, attempts, BEGAN + seconds * 1000)).toEqual(expected)
})

it('never runs backwards when the page is behind the server', () => {
  const run = aRun(1, { state: 'running', attempt: 1 })
  expect(told(run, [anAttempt(1, 2, null)], BEGAN)).toEqual(['waiting 0–2', 'attempt 2–2…'])
})
