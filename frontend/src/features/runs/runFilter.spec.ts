import { expect, it } from 'vitest'

import { filterOf, queryOf } from './runFilter'

const JOB = '01900000-0000-7000-8000-000000000001'

it.each([
  [{}, { state: null, job: null }],
  [
    { state: 'failed', job: JOB },
    { state: 'failed', job: JOB },
  ],
  [
    { state: 'broken', job: '../x' },
    { state: null, job: null },
  ],
  [{ state: ['failed', 'queued'] }, { state: null, job: null }],
])('reads %j as %j', (query, filter) => {
  expect(filterOf(query)).toEqual(filter)
})

it('writes what it reads', () => {
  const query = { state: 'running', job: JOB }
  expect(queryOf(filterOf(query))).toEqual(query)
  expect(queryOf({ state: null, job: null })).toEqual({})
})
