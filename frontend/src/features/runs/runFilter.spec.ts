import { expect, it } from 'vitest'

import { filterOf, queryOf } from './runFilter'

const JOB = '01900000-0000-7000-8000-000000000001'

it.each([
  [{}, { state: null, job: null, search: '' }],
  [
    { state: 'failed', job: JOB, search: 'night' },
    { state: 'failed', job: JOB, search: 'night' },
  ],
  [
    { state: 'broken', job: '../x', search: ['a', 'b'] },
    { state: null, job: null, search: '' },
  ],
  [{ search: 'x'.repeat(200) }, { state: null, job: null, search: 'x'.repeat(100) }],
])('reads %j as %j', (query, filter) => {
  expect(filterOf(query)).toEqual(filter)
})

it('writes what it reads', () => {
  const query = { state: 'running', job: JOB, search: 'a b' }
  expect(queryOf(filterOf(query))).toEqual(query)
  expect(queryOf({ state: null, job: null, search: '' })).toEqual({})
})
