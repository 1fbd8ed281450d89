import { describe, expect, it } from 'vitest'

import { aRun } from '../../../tests/runs'

import { newestEnd, unread } from './unread'

const ended = (number: number, at: string | null) => aRun(number, { state: 'failed', finished_at: at })
const runs = [
  ended(3, '2026-03-01T12:00:00Z'),
  ended(2, '2026-03-01T11:00:00.500Z'),
  ended(1, '2026-03-01T13:00:00+02:00'),
  ended(4, null),
]

describe('notices', () => {
  it.each([
    [null, 3],
    ['2026-03-01T10:59:59Z', 3],
    ['2026-03-01T11:00:00Z', 2],
    ['2026-03-01T11:00:00.500Z', 1],
    ['2026-03-01T12:00:00Z', 0],
  ])('that were read until %s leave %d unread', (readAt, count) => {
    expect(unread(runs, readAt)).toHaveLength(count)
  })

  it('are read up to the one that ended last, not to the one that is listed first', () => {
    expect(newestEnd([...runs].reverse())).toBe('2026-03-01T12:00:00Z')
    expect(newestEnd([])).toBeNull()
  })
})
