import { flushPromises, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { defineComponent, h } from 'vue'

import { show, visit } from '../../../tests/page'
import { idOf } from '../../../tests/runs'
import { problem, TestServer } from '../../../tests/server'

import { useLog } from './useLog'

const RUN = idOf(1)
const LOG = `/api/v1/runs/${RUN}/log/`
let server: TestServer
let page: VueWrapper
/** The lines of each attempt, as the server has stored them; it gives three at a time. */
let stored: Record<number, string[]>

const Probe = defineComponent({
  props: { attempt: { type: Number, required: true }, isGrowing: { type: Boolean, required: true } },
  setup(props) {
    const { buffer, version, error, refusal } = useLog(() => ({ run: RUN, ...props }))
    return () => {
      void version.value
      const lines = Array.from({ length: buffer.value.count }, (_, index) => buffer.value.text(index))
      return h('div', [h('output', lines.join(' ')), h('em', error.value ? 'failed' : refusal.value)])
    }
  },
})

const block = (attempt: number, line: number, ...lines: string[]) => ({
  attempt,
  line,
  stream: 'out',
  text: lines.map((one) => `${one}\n`).join(''),
})

beforeEach(async () => {
  server = await TestServer.start()
  server.onMessage = (message, socket) => {
    if (message.join) socket.send(JSON.stringify({ topic: message.join, joined: true }))
  }
  server.on('GET', LOG, ({ query }) => {
    const [attempt, after] = [Number(query.get('attempt')), Number(query.get('after'))]
    const lines = stored[attempt]?.slice(after, after + 3) ?? []
    const hasMore = after + 3 < (stored[attempt]?.length ?? 0)
    return { body: { blocks: lines.length ? [block(attempt, after + 1, ...lines)] : [], has_more: hasMore } }
  })
  visit(server)
})

afterEach(async () => {
  page.unmount()
  await server.stop()
})

async function open(attempt: number, isGrowing: boolean): Promise<void> {
  page = await show(Probe, { attempt, isGrowing })
}

const reads = (text: string) =>
  vi.waitFor(() => expect(page.find('output').text()).toBe(text), { timeout: 3000 })
const joins = () => server.heard.filter((message) => 'join' in message)
const joined = (times: number) => vi.waitFor(() => expect(joins()).toHaveLength(times), { timeout: 3000 })
const tell = (...events: unknown[]) => server.say({ topic: `log:${RUN}`, events })

it('reads a log that has ended to its end, and does not listen', async () => {
  stored = { 1: ['a', 'b', 'c', 'd', 'e', 'f', 'g'] }
  await open(1, false)
  await reads('a b c d e f g')
  await flushPromises()
  expect(server.heard).toEqual([])
})

it('reads what is stored, then hears what comes from there on', async () => {
  stored = { 1: ['a', 'b', 'c', 'd'] }
  await open(1, true)
  await joined(1)
  expect(joins()).toEqual([{ join: `log:${RUN}`, after: 4, attempt: 1 }])
  tell(block(1, 4, 'd', 'e'), block(1, 6, 'f'))
  await reads('a b c d e f')
})

it('goes on from the last line after the connection was lost', async () => {
  stored = { 1: ['a'] }
  await open(1, true)
  await joined(1)
  tell(block(1, 2, 'b'))
  await reads('a b')
  const asked = server.seen.length
  server.cut()
  await joined(2)
  expect(joins()[1]).toEqual({ join: `log:${RUN}`, after: 2, attempt: 1 })
  expect(server.seen).toHaveLength(asked)
})

it('asks for lines that were left out', async () => {
  stored = { 1: ['a'] }
  await open(1, true)
  await joined(1)
  stored = { 1: ['a', 'b', 'c', 'd'] }
  tell(block(1, 4, 'd'))
  await reads('a b c d')
})

it('reads once more when the run has ended, and stops listening', async () => {
  stored = { 1: ['a'] }
  await open(1, true)
  await joined(1)
  stored = { 1: ['a', 'the end'] }
  await page.setProps({ isGrowing: false })
  await reads('a the end')
  await vi.waitFor(() => expect(server.connections).toBe(0))
})

it('begins anew with a new attempt, and keeps the old one out of it', async () => {
  stored = { 1: ['a', 'b'], 2: [] }
  await open(1, true)
  await joined(1)
  await page.setProps({ attempt: 2 })
  await joined(2)
  expect(joins()[1]).toEqual({ join: `log:${RUN}`, after: 0, attempt: 2 })
  tell(block(1, 3, 'late'), block(2, 1, 'x'))
  await reads('x')
})

it('waits for the first attempt', async () => {
  stored = { 1: ['a'] }
  await open(0, true)
  await flushPromises()
  expect(server.seen).toEqual([])
  await page.setProps({ attempt: 1 })
  await reads('a')
})

it('says that it failed, and that it was refused', async () => {
  server.on('GET', LOG, () => problem(500, 'platform.error'))
  await open(1, true)
  await vi.waitFor(() => expect(page.find('em').text()).toBe('failed'))
  server.on('GET', LOG, () => ({ body: { blocks: [], has_more: false } }))
  server.onMessage = (message, socket) =>
    socket.send(
      JSON.stringify({ topic: message.join, error: { code: 'not_found', detail: 'There is nothing.' } }),
    )
  await page.setProps({ isGrowing: false })
  await page.setProps({ isGrowing: true })
  await page.setProps({ attempt: 2 })
  await vi.waitFor(() => expect(page.find('em').text()).toBe('There is nothing.'))
})
