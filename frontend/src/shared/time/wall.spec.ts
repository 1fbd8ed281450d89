import { describe, expect, it } from 'vitest'

import { instantOf, wallOf } from './wall'

describe('the instant of a wall clock', () => {
  it.each([
    ['2026-01-15T12:00:00', 'UTC', '2026-01-15T12:00:00+00:00'],
    ['2026-01-15T12:00', 'Asia/Shanghai', '2026-01-15T12:00:00+08:00'],
    ['2026-07-15T12:00:00', 'America/New_York', '2026-07-15T12:00:00-04:00'],
    ['2026-01-15T12:00:00', 'Asia/Kathmandu', '2026-01-15T12:00:00+05:45'],
    // In Berlin the clocks go from 2 to 3 on 29 March, and from 3 to 2 on 25 October.
    ['2026-03-29T01:59:59', 'Europe/Berlin', '2026-03-29T01:59:59+01:00'],
    ['2026-03-29T02:30:00', 'Europe/Berlin', '2026-03-29T03:30:00+02:00'],
    ['2026-03-29T03:00:00', 'Europe/Berlin', '2026-03-29T03:00:00+02:00'],
    ['2026-10-25T02:30:00', 'Europe/Berlin', '2026-10-25T02:30:00+02:00'],
    ['2026-10-25T03:00:00', 'Europe/Berlin', '2026-10-25T03:00:00+01:00'],
    // Samoa slept over 30 December 2011.
    ['2011-12-29T23:00:00', 'Pacific/Apia', '2011-12-29T23:00:00-10:00'],
    ['2011-12-31T01:00:00', 'Pacific/Apia', '2011-12-31T01:00:00+14:00'],
  ])('%s in %s is %s', (wall, zone, instant) => {
    expect(instantOf(wall, zone)).toBe(instant)
  })

  it.each(['', '2026-01-15', 'soon', '2026-13-01T00:00:00'])('of %j is none', (wall) => {
    expect(instantOf(wall, 'UTC')).toBe('')
  })
})

describe('the wall clock of an instant', () => {
  it.each([
    ['2026-01-15T12:00:00Z', 'Asia/Shanghai', '2026-01-15T20:00:00'],
    ['2026-01-15T12:00:00.750+01:00', 'UTC', '2026-01-15T11:00:00'],
    ['2026-10-25T01:30:00Z', 'Europe/Berlin', '2026-10-25T02:30:00'],
    ['soon', 'UTC', ''],
  ])('%s in %s is %s', (instant, zone, wall) => {
    expect(wallOf(instant, zone)).toBe(wall)
  })

  it('leads back to the same instant, in all zones and over all changes of clocks of a year', () => {
    for (const zone of ['Europe/Berlin', 'America/St_Johns', 'Australia/Lord_Howe', 'Asia/Shanghai']) {
      for (
        let at = Date.parse('2026-01-01T00:00:00Z');
        at < Date.parse('2027-01-01T00:00:00Z');
        at += 7_200_000
      ) {
        const wall = wallOf(new Date(at).toISOString(), zone)
        const back = Date.parse(instantOf(wall, zone))
        // Of an hour that comes twice the first is taken.
        expect([0, 1_800_000, 3_600_000], `${zone} ${wall}`).toContain(at - back)
      }
    }
  })
})
