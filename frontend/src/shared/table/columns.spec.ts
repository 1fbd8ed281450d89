import { beforeEach, describe, expect, it } from 'vitest'
import { nextTick, ref } from 'vue'

import { fitting, turned, useTableLayout, type Column } from './columns'

const column = (name: string, leastPx: number, rank: number): Column => ({
  name,
  label: name,
  width: '1fr',
  leastPx,
  rank,
})
const ALL = [column('name', 200, 0), column('state', 100, 1), column('owner', 100, 3), column('next', 100, 2)]
const names = (columns: readonly Column[]) => columns.map(({ name }) => name)

describe('columns', () => {
  it.each([
    [500, ['name', 'state', 'owner', 'next']],
    [499, ['name', 'state', 'next']],
    [399, ['name', 'state']],
    [250, ['name']],
    [0, ['name']],
  ])('in %d px keep what has room, the least important leaving first', (width, expected) => {
    expect(names(fitting(ALL, width))).toEqual(expected)
  })

  it('are turned from ascending to descending to their own order', () => {
    expect(turned('', 'name')).toBe('name')
    expect(turned('name', 'name')).toBe('-name')
    expect(turned('-name', 'name')).toBe('')
    expect(turned('-name', 'kind')).toBe('kind')
  })
})

describe('the layout of a table', () => {
  beforeEach(() => localStorage.clear())

  it('is remembered, and never hides what every row needs', async () => {
    const first = useTableLayout('jobs', ref(ALL))
    first.hidden.value = ['owner', 'name']
    first.density.value = 'dense'
    await nextTick()

    const again = useTableLayout('jobs', ref(ALL))
    expect(names(again.columns.value)).toEqual(['name', 'state', 'next'])
    expect(again.density.value).toBe('dense')
    expect(names(useTableLayout('runs', ref(ALL)).columns.value)).toEqual(names(ALL))
  })

  it('begins anew where what was remembered makes no sense', () => {
    localStorage.setItem('jiepai.table.jobs', '{"hidden": 7, "density": "cosy"}')
    const layout = useTableLayout('jobs', ref(ALL))
    expect([names(layout.columns.value), layout.density.value]).toEqual([names(ALL), 'roomy'])
  })
})
