import { expect, it } from 'vitest'

import type { RunEvent } from '@/shared/live/protocol'

import type { Dashboard } from './dashboard.api'
import { countsAfter, withEvents } from './liveCounts'

function event(state: RunEvent['state'], attempt: number, at = '2026-11-25T10:00:01Z'): RunEvent {
  return { run: 'r', job: 'j', job_name: 'Load', state, attempt, event: 1, at, exit_reason: '' }
}

it.each([
  ['queued', 0, { running: 2, queued: 4 }],
  ['queued', 1, { running: 1, queued: 4 }], // to be tried again
  ['running', 1, { running: 3, queued: 2 }],
  ['succeeded', 1, { running: 1, queued: 3 }],
  ['failed', 2, { running: 1, queued: 3 }],
  ['cancelled', 0, { running: 2, queued: 2 }],
  ['cancelled', 1, { running: 2, queued: 3 }], // while it ran, or while it waited for its next try
  ['skipped', 0, { running: 2, queued: 3 }],
] as const)('counts a run that is %s with attempt %d', (state, attempt, counts) => {
  expect(countsAfter({ running: 2, queued: 3 }, event(state, attempt))).toEqual(counts)
})

it('never shows less than nothing', () => {
  expect(countsAfter({ running: 0, queued: 0 }, event('running', 1))).toEqual({ running: 1, queued: 0 })
})

it('leaves out what the figures hold already', () => {
  const board = { at: '2026-11-25T10:00:00Z', running: 1, queued: 0 } as Dashboard

  const events = [event('queued', 0, '2026-11-25T09:59:59Z'), event('queued', 0), event('running', 1)]
  expect(withEvents(board, events)).toEqual({ ...board, running: 2, queued: 0 })
})
