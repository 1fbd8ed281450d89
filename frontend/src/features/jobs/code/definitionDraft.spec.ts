import { describe, expect, it } from 'vitest'

import { changedFields, conflictsOf, keep, onTopOf, restore } from './definitionDraft'

const before = { source: 'print(1)', priority: 5, env: { A: '1', B: '2' }, interpreter: null }

describe('a draft', () => {
  it('knows the fields it has changed, whatever the order of what is in them', () => {
    expect(changedFields(before, { ...before, env: { B: '2', A: '1' } })).toEqual([])
    expect(changedFields(before, { ...before, source: 'print(2)', env: {} })).toEqual(['source', 'env'])
  })

  it.each([
    ['nothing, where the other changed another field', { priority: 9 }, []],
    ['nothing, where both made the same of it', { source: 'print(2)' }, []],
    ['the field that both have changed', { source: 'print(3)', priority: 9 }, ['source']],
  ])('collides in %s', (_name, change, fields) => {
    const mine = { ...before, source: 'print(2)' }
    expect(conflictsOf(before, mine, { ...before, ...change })).toEqual(fields)
  })

  it('goes on top of what somebody else has saved, and takes nothing of theirs away', () => {
    const mine = { ...before, source: 'print(2)' }
    expect(onTopOf(before, mine, { ...before, priority: 9 })).toEqual({
      ...before,
      source: 'print(2)',
      priority: 9,
    })
  })
})

describe('a kept draft', () => {
  const mine = { ...before, source: 'print(2)' }
  const kept = keep({ version: 3, fields: before }, mine, 'why', '2026-01-01T00:00:00Z')

  it('holds only what was changed', () => {
    expect(kept).toMatchObject({ version: 3, before: { source: 'print(1)' }, after: { source: 'print(2)' } })
  })

  it('comes back as it was', () => {
    const { base, mine: restored } = restore(JSON.parse(JSON.stringify(kept)), { version: 3, fields: before })
    expect(restored).toEqual(mine)
    expect(base).toEqual({ version: 3, fields: before })
  })

  it('comes back on a newer version, and still knows what it collides with', () => {
    const newer = { ...before, source: 'print(4)', priority: 9 }
    const { base, mine: restored } = restore(kept, { version: 4, fields: newer })
    expect(restored).toEqual({ ...newer, source: 'print(2)' })
    expect(base.version).toBe(3)
    expect(conflictsOf(base.fields, restored, newer)).toEqual(['source'])
  })
})
