import { describe, expect, it } from 'vitest'

import { findZones, isZone, offsetOf, zonesIn } from './zones'

const WINTER = Date.parse('2026-01-15T00:00:00Z')
const SUMMER = Date.parse('2026-07-15T00:00:00Z')

describe('the offset of a zone', () => {
  it.each([
    ['UTC', WINTER, '+00:00'],
    ['Asia/Shanghai', WINTER, '+08:00'],
    ['Asia/Kathmandu', WINTER, '+05:45'],
    ['America/New_York', WINTER, '-05:00'],
    ['America/New_York', SUMMER, '-04:00'],
  ])('%s at %d is %s', (zone, at, offset) => {
    expect(offsetOf(zone, at)).toBe(offset)
  })
})

describe('a zone', () => {
  it.each([
    ['Europe/Berlin', true],
    ['europe/berlin', true],
    ['Asia/Kolkata', true],
    ['Asia/Calcutta', true],
    ['Mars/Olympus', false],
    ['+08:00', false],
    ['', false],
  ])('%j is known: %s', (name, known) => {
    expect(isZone(name)).toBe(known)
  })
})

describe('the search', () => {
  const zones = zonesIn('en', WINTER)
  const names = (search: string) => findZones(zones, search).map(({ name }) => name)

  it('finds all without words, UTC first', () => {
    expect(names('  ')).toHaveLength(zones.length)
    expect(names('')[0]).toBe('UTC')
  })

  it.each([
    ['by its city', 'shang', 'Asia/Shanghai'],
    ['whatever the case and the underscore', 'NEW york', 'America/New_York'],
    ['by what people call it', 'central europ', 'Europe/Berlin'],
    ['by its offset', 'utc+13:45', 'Pacific/Chatham'],
  ])('finds a zone %s', (_name, search, zone) => {
    expect(names(search)).toContain(zone)
  })

  it('puts names that begin with the word before others', () => {
    expect(names('os')[0]).toBe('Europe/Oslo') // not America/Los_Angeles
  })

  it('finds a zone by its Chinese name', () => {
    expect(findZones(zonesIn('zh-Hans', WINTER), '中国').map(({ name }) => name)).toContain('Asia/Shanghai')
  })

  it('finds nothing where nothing fits', () => {
    expect(names('atlantis')).toEqual([])
  })
})
