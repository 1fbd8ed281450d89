import { expect, it } from 'vitest'

import type { Hour } from './dashboard.api'
import { bucketsOf, totalsOf } from './hours'

const NOTHING = { succeeded: 0, failed: 0, cancelled: 0, skipped: 0, queued: 0, running: 0 }
const HOURS: Hour[] = [
  { ...NOTHING, start: '2026-11-24T23:00:00Z', succeeded: 4, failed: 1 },
  { ...NOTHING, start: '2026-11-25T00:00:00Z', succeeded: 2, running: 1 },
]

it('names hours as the zone does, with their day', () => {
  const buckets = bucketsOf(HOURS, 'en', 'Asia/Kolkata')

  expect(buckets.map(({ label }) => label)).toEqual(['04:30', '05:30'])
  expect(buckets[0]?.title).toMatch(/^Wed.*04:30.*05:30$/)
  expect(buckets[0]).toMatchObject({ succeeded: 4, failed: 1, running: 0 })
})

it('adds up what there was', () => {
  expect(totalsOf(HOURS)).toEqual([
    ['succeeded', 6],
    ['failed', 1],
    ['running', 1],
  ])
})
