import type { VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { defineComponent, h, nextTick } from 'vue'
import { useRouter } from 'vue-router'

import { show } from '../../tests/page'

import { breaksPage, detailsOf, failureOf, routeFailure } from './failures'
import PageBoundary from './PageBoundary.vue'

let page: VueWrapper
/** What the page does wrong. */
let fault: 'setup' | 'click' | null

const Page = defineComponent(() => {
  if (fault === 'setup') throw new Error('no such thing')
  const click = () => {
    throw new Error('not now')
  }
  return () => h('button', { id: 'page', onClick: click }, 'page')
})
const Held = defineComponent(() => {
  const router = useRouter()
  return () => [
    h(PageBoundary, null, { default: () => h(Page) }),
    h('button', { id: 'leave', onClick: () => router.push('/runs') }),
  ]
})

beforeEach(() => {
  fault = null
  globalThis.reportError = vi.fn()
})

afterEach(() => {
  routeFailure.value = null
  page.unmount()
  document.body.innerHTML = ''
})

const says = (text: string) => vi.waitFor(() => expect(document.body.textContent).toContain(text))
const click = (selector: string) => page.find(selector).trigger('click')

it('shows in place of a page that breaks what to do, and the page once it is well again', async () => {
  fault = 'setup'
  page = await show(Held)
  await says('Something broke in this page')
  expect(page.find('pre').text()).toContain('no such thing')
  expect(globalThis.reportError).toHaveBeenCalledOnce()

  await click('.el-button')
  await says('Something broke in this page')
  fault = null
  await click('.el-button')
  await vi.waitFor(() => expect(page.find('#page').exists()).toBe(true))
})

it('forgets a broken page when another is gone to', async () => {
  fault = 'setup'
  page = await show(Held)
  await says('Something broke in this page')
  fault = null
  await click('#leave')
  await vi.waitFor(() => expect(page.find('#page').exists()).toBe(true))
})

it('leaves a page on screen where only what was clicked failed', async () => {
  page = await show(Held)
  await click('#page')
  await says('Something unexpected happened')
  expect(page.find('#page').exists()).toBe(true)
})

it('shows that a page could not be loaded, at its own address', async () => {
  page = await show(Held)
  routeFailure.value = failureOf(new TypeError('Failed to fetch dynamically imported module: x'), '/jobs')
  await nextTick()
  await says('This page could not be loaded')
  expect(page.find('#page').exists()).toBe(false)
})

it.each([
  ['render function', true],
  ['https://vuejs.org/error-reference/#runtime-1', true],
  ['https://vuejs.org/error-reference/#runtime-15', true],
  ['native event handler', false],
  ['https://vuejs.org/error-reference/#runtime-5', false],
  ['mounted hook', false],
])('an error in %s breaks the page: %s', (info, is) => expect(breaksPage(info)).toBe(is))

it('gives details without what stood in the address', () => {
  const details = detailsOf(failureOf(new Error('no such thing'), '/runs?search=salary#x'))
  expect(details).toContain('no such thing')
  expect(details).toContain('\n/runs\n')
  expect(details).not.toContain('salary')
})
