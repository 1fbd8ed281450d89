import { mount } from '@vue/test-utils'
import { expect, it } from 'vitest'
import { createRouter, createMemoryHistory } from 'vue-router'

import { i18n } from '@/shared/i18n'
import en from '@/shared/i18n/en'

import SuccessStrip, { type StripRun } from './SuccessStrip.vue'

async function strip(runs: StripRun[]) {
  i18n.global.setLocaleMessage('en', en)
  const page = { template: '<p />' }
  const router = createRouter({
    history: createMemoryHistory(),
    routes: [
      { path: '/', component: page },
      { path: '/runs/:id', name: 'run', component: page },
    ],
  })
  await router.push('/')
  return mount(SuccessStrip, {
    props: { runs },
    global: { plugins: [router, i18n] },
    attachTo: document.body,
  })
}

const RUNS: StripRun[] = [
  { id: 'a', state: 'succeeded', duration_ms: 1000, queued_at: '2020-11-25T10:00:00Z' },
  { id: 'b', state: 'failed', duration_ms: 4000, queued_at: '2020-11-25T10:01:00Z' },
  { id: 'c', state: 'skipped', duration_ms: null, queued_at: '2020-11-25T10:02:00Z' },
]

it('says in words what the bars show, and leads to each run', async () => {
  const wrapper = await strip(RUNS)

  expect(wrapper.get('ol').attributes('aria-label')).toBe(
    'The last 3 runs: 1 × Succeeded, 1 × Failed, 1 × Skipped',
  )
  const links = wrapper.findAll('a')
  expect(links.map((link) => link.attributes('href'))).toEqual(['/runs/a', '/runs/b', '/runs/c'])
  expect(links[1]?.attributes('aria-label')).toMatch(/^Failed, .*2020.*, 4.*s$/)
  wrapper.unmount()
})

it('is one Tab stop, and the arrow keys move within', async () => {
  const wrapper = await strip(RUNS)
  const links = wrapper.findAll('a')
  const stops = () => links.map((link) => link.attributes('tabindex'))
  expect(stops()).toEqual(['-1', '-1', '0'])

  links[2]?.element.focus()
  await wrapper.get('ol').trigger('keydown', { key: 'ArrowLeft' })
  expect(document.activeElement).toBe(links[1]?.element)
  expect(stops()).toEqual(['-1', '0', '-1'])

  await wrapper.get('ol').trigger('keydown', { key: 'Home' })
  await wrapper.get('ol').trigger('keydown', { key: 'ArrowLeft' })
  expect(document.activeElement).toBe(links[0]?.element)
  wrapper.unmount()
})
