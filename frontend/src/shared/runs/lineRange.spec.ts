import { expect, it } from 'vitest'

import { hashOf, rangeAfter, rangeOfCommand, rangeOfHash } from './lineRange'

it.each([
  ['#L120', { from: 120, to: 120 }],
  ['#L120-L140', { from: 120, to: 140 }],
  ['#L140-L120', { from: 120, to: 140 }],
  ['#L0', null],
  ['#L12-', null],
  ['#L1x', null],
  ['#content', null],
  ['', null],
])('reads the address end %j', (hash, range) => {
  expect(rangeOfHash(hash)).toEqual(range)
})

it('writes what it reads', () => {
  expect(['#L7', '#L7-L9', ''].map((hash) => hashOf(rangeOfHash(hash)))).toEqual(['#L7', '#L7-L9', ''])
})

it.each([
  [':12', { from: 12, to: 12 }],
  [' :12-20 ', { from: 12, to: 20 }],
  ['12', null],
  ['error: 12', null],
])('takes %j for a command or not', (typed, range) => {
  expect(rangeOfCommand(typed)).toEqual(range)
})

it('follows the clicks', () => {
  const first = rangeAfter(null, 5, false)
  expect(first).toEqual({ from: 5, to: 5 })
  expect(rangeAfter(first, 9, true)).toEqual({ from: 5, to: 9 })
  expect(rangeAfter(first, 2, true)).toEqual({ from: 2, to: 5 })
  expect(rangeAfter(null, 2, true)).toEqual({ from: 2, to: 2 })
  expect(rangeAfter(first, 5, false)).toBeNull()
})
