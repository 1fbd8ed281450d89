import { flushPromises, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { defineComponent, h } from 'vue'

import type { Run } from '@/shared/api'

import { show, visit } from '../../../tests/page'
import { anEvent, aRun } from '../../../tests/runs'
import { problem, TestServer } from '../../../tests/server'

import type { RunFilter } from './runs.api'
import { useRuns } from './useRuns'

const LIST = '/api/v1/runs/'
let server: TestServer
let page: VueWrapper | null = null
/** What the server holds, newest first; it gives pages of three. */
let stored: Run[]

/** Shows each run as "number state", so that a test reads what a person would. */
const Probe = defineComponent({
  props: { state: { type: String, default: null } },
  setup(props) {
    const { rows, error, hasMore, loadMore } = useRuns((): RunFilter =>
      props.state ? { state: [props.state as Run['state']] } : {},
    )
    return () =>
      h('div', [
        h('output', rows.value.map((run) => `${Number(run.id.slice(-12))} ${run.state}`).join(', ')),
        h('em', error.value ? 'failed' : ''),
        hasMore.value ? h('button', { onClick: () => void loadMore() }) : null,
      ])
  },
})

beforeEach(async () => {
  server = await TestServer.start()
  server.onMessage = (message, socket) => {
    if (message.join) socket.send(JSON.stringify({ topic: message.join, joined: true }))
  }
  server.on('GET', LIST, ({ query }) => {
    const state = query.get('state')
    const cursor = query.get('cursor')
    const list = stored.filter((run) => (!state || run.state === state) && (!cursor || run.id < cursor))
    const results = list.slice(0, 3)
    const next = list.length > 3 ? `${server.origin}${LIST}?cursor=${results.at(-1)?.id}` : null
    return { body: { next, previous: null, results } }
  })
  visit(server)
})

afterEach(async () => {
  page?.unmount()
  page = null
  await server.stop()
})

async function open(state: string | null = null): Promise<VueWrapper> {
  page = await show(Probe, { state })
  await vi.waitFor(() => expect(server.heard).toContainEqual({ join: 'runs' }))
  await vi.waitFor(() => expect(server.seen.length).toBeGreaterThanOrEqual(2)) // the list, and again once joined
  await flushPromises()
  return page
}

const reads = (text: string) =>
  vi.waitFor(() => expect(page?.find('output').text()).toBe(text), { timeout: 3000 })
const tell = (...events: unknown[]) => server.say({ topic: 'runs', events })

it('shows a page, then the next one', async () => {
  stored = [aRun(4), aRun(3), aRun(2), aRun(1)]
  await open()
  await reads('4 queued, 3 queued, 2 queued')
  await page!.find('button').trigger('click')
  await reads('4 queued, 3 queued, 2 queued, 1 queued')
  expect(page!.find('button').exists()).toBe(false)
})

it('follows the events of its runs without asking again', async () => {
  stored = [aRun(2), aRun(1)]
  await open()
  await reads('2 queued, 1 queued')
  const asked = server.seen.length
  tell(anEvent(2), anEvent(1, { state: 'skipped' }))
  await reads('2 running, 1 skipped')
  expect(server.seen).toHaveLength(asked)
})

it('shows a new run by itself, and asks once for many', async () => {
  stored = [aRun(1)]
  await open()
  await reads('1 queued')
  const asked = server.seen.length
  stored = [aRun(3, { event: 5 }), aRun(2, { event: 4 }), aRun(1)]
  tell(anEvent(2, { state: 'queued', event: 4 }))
  tell(anEvent(3, { state: 'queued', event: 5 }))
  await reads('3 queued, 2 queued, 1 queued')
  expect(server.seen).toHaveLength(asked + 1)
})

it('lets a run leave the filter when it leaves the state, and shows the one that enters it', async () => {
  stored = [aRun(2, { state: 'running' }), aRun(1, { state: 'queued' })]
  await open('running')
  await reads('2 running')
  stored = [aRun(2, { state: 'failed', event: 8 }), aRun(1, { state: 'running', event: 9 })]
  tell(anEvent(2, { state: 'failed', exit_reason: 'timeout', event: 8 }), anEvent(1, { event: 9 }))
  await reads('1 running')
})

it('fetches again after a gap, and after the connection was lost', async () => {
  stored = [aRun(1)]
  await open()
  await reads('1 queued')
  stored = [aRun(1, { state: 'running', event: 2 })]
  server.say({ topic: 'runs', gap: true })
  await reads('1 running')
  stored = [aRun(1, { state: 'succeeded', event: 3 })]
  server.cut()
  await reads('1 succeeded')
})

it('keeps what it knows while the server fails', async () => {
  stored = [aRun(1)]
  await open()
  await reads('1 queued')
  server.on('GET', LIST, () => problem(503, 'database.unavailable'))
  server.say({ topic: 'runs', gap: true })
  await vi.waitFor(() => expect(page!.find('em').text()).toBe('failed'))
  await reads('1 queued')
})
