import { flushPromises, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { defineComponent, h, ref } from 'vue'

import { show } from '../../../tests/page'

import VirtualTable from './VirtualTable.vue'

const COLUMNS = [
  { name: 'name', label: 'Name', width: '1fr', leastPx: 100, rank: 0, ordering: 'name' },
  { name: 'owner', label: 'Owner', width: '1fr', leastPx: 100, rank: 1 },
]
const rows = Array.from({ length: 10_000 }, (_, place) => ({
  id: `r${place}`,
  name: `row ${place}`,
  owner: 'lin',
}))

const toggled: [string, boolean][] = []
let page: VueWrapper

beforeEach(async () => {
  toggled.length = 0
  const ordering = ref('')
  const Host = defineComponent(
    () => () =>
      h(
        VirtualTable as never,
        {
          label: 'Rows',
          columns: COLUMNS,
          rows,
          total: 12_000,
          to: ({ id }: { id: string }) => ({ name: 'run', params: { id } }),
          nameOf: ({ name }: { name: string }) => name,
          selected: new Set(['r1']),
          ordering: ordering.value,
          'onUpdate:ordering': (value: string) => (ordering.value = value),
          onToggle: (id: string, isRange: boolean) => toggled.push([id, isRange]),
        },
        { 'cell-owner': ({ row }: { row: { owner: string } }) => row.owner },
      ),
  )
  page = await show(Host)
  await flushPromises()
})
afterEach(() => page.unmount())

const rowOf = (id: string) => page.find(`[data-row="${id}"]`)
const press = (key: string, more = {}) =>
  (document.activeElement as HTMLElement).dispatchEvent(
    new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...more }),
  )

it('holds only what is in sight, and says how many there are', () => {
  const shown = page.findAll('[data-row]')
  expect(shown.length).toBeGreaterThan(5)
  expect(shown.length).toBeLessThan(60)
  expect(page.get('[role=grid]').attributes('aria-rowcount')).toBe('12001')
  expect(rowOf('r0').attributes('aria-rowindex')).toBe('2')
  expect(rowOf('r1').attributes('aria-selected')).toBe('true')
  expect(rowOf('r0').get('a').attributes('href')).toBe('/runs/r0')
  expect(rowOf('r0').text()).toContain('lin')
})

it('is one stop for Tab, in which keys move, mark and open', async () => {
  expect(page.findAll('[data-row][tabindex="0"]')).toHaveLength(1)
  ;(rowOf('r0').element as HTMLElement).focus()
  press('ArrowDown')
  await flushPromises()
  expect(document.activeElement).toBe(rowOf('r1').element)
  expect(rowOf('r0').attributes('tabindex')).toBe('-1')

  press(' ', { shiftKey: true })
  expect(toggled).toEqual([['r1', true]])

  press('End')
  await flushPromises()
  expect(document.activeElement).toBe(rowOf('r9999').element)
  press('Home')
  await flushPromises()
  press('ArrowUp')
  await flushPromises()
  expect(document.activeElement).toBe(rowOf('r0').element)

  press('Enter')
  await flushPromises()
  expect(page.vm.$router.currentRoute.value.fullPath).toBe('/runs/r0')
})

it('leaves keys to what stands in a row', async () => {
  const link = rowOf('r0').get('a').element as HTMLElement
  link.focus()
  press(' ')
  press('ArrowDown')
  await flushPromises()
  expect(toggled).toEqual([])
  expect(document.activeElement).toBe(link)
})

it('is ordered by its headers', async () => {
  const header = () => page.get('[role=columnheader][aria-sort]')
  expect(header().attributes('aria-sort')).toBe('none')
  await header().get('button').trigger('click')
  expect(header().attributes('aria-sort')).toBe('ascending')
  await header().get('button').trigger('click')
  expect(header().attributes('aria-sort')).toBe('descending')
})
