import { expect, it } from 'vitest'

import { beginOf, known, STATES } from './runFilter'

it('takes what it knows of an address', () => {
  expect(known(STATES, ['failed', 'broken', 'queued'])).toEqual(['queued', 'failed'])
  expect(known(STATES, [])).toEqual([])
})

it('says when a period began, to the minute', () => {
  const now = Date.parse('2026-03-08T10:11:12.345Z')
  expect(beginOf('day', now, 'UTC')).toBe('2026-03-07T10:11:00.000Z')
  expect(beginOf('week', now, 'UTC')).toBe('2026-03-01T10:11:00.000Z')
  expect(beginOf('day', now + 40_000, 'UTC')).toBe(beginOf('day', now, 'UTC'))
  expect(beginOf('today', now, 'UTC')).toBe('2026-03-08T00:00:00.000Z')
  expect(beginOf('today', now, 'Asia/Tokyo')).toBe('2026-03-07T15:00:00.000Z')
})
