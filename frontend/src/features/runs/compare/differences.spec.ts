import { expect, it } from 'vitest'

import { rowsOf, write } from './differences'

it('tells what two sides say, name by name', () => {
  const rows = rowsOf({ day: '1', only: true, same: { b: 1, a: 2 } }, { day: '2', same: { a: 2, b: 1 } })
  expect(rows.map(({ label, left, right, isDifferent }) => [label, left, right, isDifferent])).toEqual([
    ['day', '1', '2', true],
    ['only', 'true', '', true],
    ['same', '{"a":2,"b":1}', '{"a":2,"b":1}', false],
  ])
})

it('writes what is not there as nothing', () => {
  expect([undefined, null, 0, ''].map(write)).toEqual(['', 'null', '0', ''])
})
