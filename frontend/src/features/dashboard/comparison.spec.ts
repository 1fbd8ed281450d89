import { describe, expect, it } from 'vitest'

import { differenceInPercent, differenceOf, differenceOfRates, toneOf } from './comparison'

describe('a difference', () => {
  it.each([
    [12, 10, { direction: 'up', by: 2 }],
    [10, 12, { direction: 'down', by: 2 }],
    [0, 0, { direction: 'same', by: 0 }],
    [null, 3, null],
    [3, null, null],
  ])('of %s from %s', (now, before, found) => {
    expect(differenceOf(now, before)).toEqual(found)
  })

  it.each([
    [0.985, 0.95, { direction: 'up', by: 3.5 }],
    [0.98501, 0.98499, { direction: 'same', by: 0 }],
    [0, 1, { direction: 'down', by: 100 }],
    [null, 1, null],
  ])('of the rates %s and %s, in points', (now, before, found) => {
    expect(differenceOfRates(now, before)).toEqual(found)
  })

  it.each([
    [1500, 1000, { direction: 'up', by: 50 }],
    [996, 1000, { direction: 'same', by: 0 }],
    [0, 1000, { direction: 'down', by: 100 }],
    [5, 0, null],
    [null, 5, null],
  ])('of the durations %s and %s, in percent', (now, before, found) => {
    expect(differenceInPercent(now, before)).toEqual(found)
  })
})

it('has a tone where one way is better', () => {
  expect(toneOf({ direction: 'up', by: 1 }, 'down')).toBe('bad')
  expect(toneOf({ direction: 'down', by: 1 }, 'down')).toBe('good')
  expect(toneOf({ direction: 'up', by: 1 }, null)).toBe('plain')
  expect(toneOf({ direction: 'same', by: 0 }, 'up')).toBe('plain')
  expect(toneOf(null, 'up')).toBe('plain')
})
