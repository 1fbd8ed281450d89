import { describe, expect, it } from 'vitest'

import { cellText, isNumeric, isRows, sorted, sortingAfter } from './table'

const ROWS = {
  columns: [{ name: 'a', type: 'integer' }],
  rows: [[1]],
  row_count: 1,
  truncated: false,
  csv_rows: 1,
}

it.each([
  [ROWS, true],
  [{ ...ROWS, rows: [] }, true],
  [{ ...ROWS, columns: 'a' }, false],
  [{ columns: [{ name: 'a' }], rows: [[1]], row_count: 1 }, false],
  [{ rows: [[1]] }, false],
  [[1, 2], false],
  ['text', false],
  [null, false],
])('of %j says whether it is rows', (data, expected) => {
  expect(isRows(data)).toBe(expected)
})

it.each([
  ['integer', true],
  ['numeric', true],
  ['double precision', true],
  ['DECIMAL', true],
  ['interval', false],
  ['point', false],
  ['text', false],
  ['timestamp with time zone', false],
])('knows whether %s is a number', (type, expected) => {
  expect(isNumeric(type)).toBe(expected)
})

describe('sorting', () => {
  const column = (values: unknown[], isDescending: boolean, numeric: boolean) =>
    sorted(
      values.map((value) => [value]),
      { column: 0, isDescending },
      numeric,
    ).map(([value]) => value)

  it.each([
    ['numbers', [10, 9, null, -1], true, [-1, 9, 10, null], [10, 9, -1, null]],
    ['exact numbers', ['10.50', '9.1', '100'], true, ['9.1', '10.50', '100'], ['100', '10.50', '9.1']],
    [
      'numbers beyond a float',
      ['9007199254740993', '9007199254740992'],
      true,
      ['9007199254740992', '9007199254740993'],
      ['9007199254740993', '9007199254740992'],
    ],
    ['texts with numbers in them', ['b2', 'b10', 'a'], false, ['a', 'b2', 'b10'], ['b10', 'b2', 'a']],
    ['truth', [true, null, false], false, [false, true, null], [true, false, null]],
  ])('puts %s in order', (_name, values, numeric, up, down) => {
    expect(column(values, false, numeric)).toEqual(up)
    expect(column(values, true, numeric)).toEqual(down)
  })

  it('goes up, down, and back to the order of the query', () => {
    const up = sortingAfter(null, 1)
    const down = sortingAfter(up, 1)
    expect([up, down, sortingAfter(down, 1)]).toEqual([
      { column: 1, isDescending: false },
      { column: 1, isDescending: true },
      null,
    ])
    expect(sortingAfter(down, 0)).toEqual({ column: 0, isDescending: false })
    expect(sorted([[2], [1]], null, true)).toEqual([[2], [1]])
  })
})

it('writes values as they are', () => {
  expect(['text', 1.5, true, { a: [1] }, null].map(cellText)).toEqual([
    'text',
    '1.5',
    'true',
    '{"a":[1]}',
    '',
  ])
})
