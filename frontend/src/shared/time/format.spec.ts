import { describe, expect, it } from 'vitest'

import { formatDuration, formatInstant, formatInstantFully } from './format'

const UNITS = { ms: 'ms', s: 's', min: 'min', h: 'h', d: 'd' }
const spaced = (text: string) => text.replaceAll('\u202f', ' ')

describe('a duration', () => {
  it.each([
    [-5, '0 ms'],
    [0, '0 ms'],
    [999.9, '999 ms'],
    [1000, '1 s'],
    [9990, '9.9 s'],
    [59_999, '59 s'],
    [60_000, '1 min'],
    [61_000, '1 min 1 s'],
    [3_600_000, '1 h'],
    [3_601_000, '1 h'],
    [3_660_000, '1 h 1 min'],
    [90_000_000, '1 d 1 h'],
  ])('of %d ms reads %s', (ms, text) => {
    expect(spaced(formatDuration(ms, UNITS))).toBe(text)
  })
})

describe('an instant', () => {
  const now = Date.parse('2026-03-05T20:00:00Z')

  it.each([
    ['today as the time alone', '2026-03-05T17:04:05Z', 'Asia/Shanghai', /^01:04:05$/],
    ['by the day of the zone, not of UTC', '2026-03-05T15:00:00Z', 'Asia/Shanghai', /^5 Mar.*23:00:00$/],
    ['another year with the year', '2025-12-31T12:00:00Z', 'UTC', /^31 Dec 2025.*12:00:00$/],
  ])('shows %s', (_name, at, zone, expected) => {
    expect(formatInstant(at, now, 'en-GB', zone)).toMatch(expected)
  })

  it('shows in Chinese', () => {
    expect(formatInstant('2026-03-01T00:00:00Z', now, 'zh-Hans', 'Asia/Shanghai')).toBe('3月1日 08:00:00')
  })

  it('shows in full with milliseconds and zone', () => {
    const full = formatInstantFully('2026-03-05T17:04:05.678Z', 'en-GB', 'America/New_York')
    expect(full).toContain('12:04:05.678')
    expect(full).toContain('GMT-5')
  })
})
