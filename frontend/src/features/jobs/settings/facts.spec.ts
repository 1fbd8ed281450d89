import { describe, expect, it } from 'vitest'

import type { JobDetail } from '@/shared/api'

import { aJob } from '../../../../tests/jobs'

import { changedFields, factsOf, merge, saveOf } from './facts'
import { waitsOf } from './retryWaits'

const retry = {
  strategy: 'none' as const,
  max_attempts: 3,
  base_seconds: 10,
  cap_seconds: 60,
  on: ['exit_code' as const],
}
const definition = { source: 'print(1)', env: { A: '1', B: '2' }, timeout_seconds: 60, retry }
const job = { ...aJob(1, { tags: ['a'] }), note: '', definition } as unknown as JobDetail

describe('the facts of a job', () => {
  it('come back as the definition they were', () => {
    const facts = factsOf(job)
    expect(facts).toMatchObject({ name: 'job 1', timeout_seconds: 60, 'retry.max_attempts': 3 })
    expect(saveOf(facts, facts)).toEqual({ definition })
  })

  it('send of the job’s own facts what changed', () => {
    const facts = factsOf(job)
    const changed = { ...facts, name: 'other', 'retry.strategy': 'fixed' }
    expect(saveOf(changed, facts)).toEqual({
      name: 'other',
      definition: { ...definition, retry: { ...retry, strategy: 'fixed' } },
    })
    expect(changedFields(facts, changed)).toEqual(['name', 'retry.strategy'])
  })
})

describe('two who changed one job', () => {
  const base = { a: 1, b: 1, c: 1, env: { A: '1', B: '2' } }

  it('both keep what only one of them changed', () => {
    expect(merge(base, { ...base, a: 2 }, { ...base, b: 3 })).toEqual({
      merged: { ...base, a: 2, b: 3 },
      conflicts: [],
    })
  })

  it('are asked about what both changed, unless to the same', () => {
    const { merged, conflicts } = merge(base, { ...base, a: 2, b: 5 }, { ...base, a: 3, b: 5 })
    expect(merged).toMatchObject({ a: 2, b: 5 })
    expect(conflicts).toEqual([{ field: 'a', mine: 2, theirs: 3 }])
  })

  it('are not asked about the order of keys', () => {
    expect(merge(base, { ...base, env: { B: '2', A: '1' } }, { ...base, env: { A: '9' } }).conflicts).toEqual(
      [],
    )
  })
})

describe('the waits of a retry policy', () => {
  it.each([
    ['none', []],
    ['fixed', ['10-10', '10-10', '10-10', '10-10']],
    ['linear', ['10-10', '20-20', '25-25', '25-25']],
    ['exponential', ['0-10', '0-20', '0-25', '0-25']],
  ] as const)('that is %s', (strategy, expected) => {
    const waits = waitsOf({ strategy, max_attempts: 5, base_seconds: 10, cap_seconds: 25, on: [] })
    expect(waits.map(({ least, most }) => `${least}-${most}`)).toEqual(expected)
  })

  it('of a single attempt are none', () => {
    expect(waitsOf({ ...retry, strategy: 'fixed', max_attempts: 1 })).toEqual([])
  })
})
