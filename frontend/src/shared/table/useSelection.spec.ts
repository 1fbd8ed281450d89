import { describe, expect, it } from 'vitest'
import { nextTick, shallowRef } from 'vue'

import { useSelection } from './useSelection'

const rowsOf = (...ids: string[]) => ids.map((id) => ({ id }))

function made(most = 200) {
  const rows = shallowRef(rowsOf('a', 'b', 'c', 'd', 'e'))
  return { rows, ...useSelection(() => rows.value, most) }
}

describe('a selection', () => {
  it('takes single rows, and stretches from the last one touched', () => {
    const { ids, toggle } = made()
    toggle('b')
    toggle('d', true)
    expect([...ids.value]).toEqual(['b', 'c', 'd'])
    toggle('c')
    expect([...ids.value]).toEqual(['b', 'd'])
    toggle('e', true)
    expect([...ids.value].sort()).toEqual(['b', 'c', 'd', 'e'])
  })

  it('takes all that are loaded, up to the most, and lets go of them again', () => {
    const { ids, hasAllLoaded, isFull, toggleLoaded } = made(3)
    toggleLoaded()
    expect([...ids.value]).toEqual(['a', 'b', 'c'])
    expect([hasAllLoaded.value, isFull.value]).toEqual([true, true])
    toggleLoaded()
    expect(ids.value.size).toBe(0)
  })

  it('lets go of rows that have gone', async () => {
    const { rows, ids, set } = made()
    set(['a', 'e'])
    rows.value = rowsOf('a', 'b', 'c')
    await nextTick()
    expect([...ids.value]).toEqual(['a'])
  })
})
