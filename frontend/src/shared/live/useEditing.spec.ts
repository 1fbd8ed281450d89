import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { effectScope, ref, type EffectScope } from 'vue'

import { visit } from '../../../tests/page'
import { problem, TestServer, type Seen } from '../../../tests/server'

import { useEditing } from './useEditing'

const PATH = '/api/v1/jobs/j1/editing/'
const bob = { name: 'Bob', since: '2026-11-25T02:00:00Z', is_dirty: true, is_you: false }
let server: TestServer
let scope: EffectScope

const beats = () => server.seen.filter(({ method }) => method === 'PUT')
const leaves = () => server.seen.filter(({ method }) => method === 'DELETE')
const told = (times: number) => vi.waitFor(() => expect(beats()).toHaveLength(times))

function editing(jobId = ref<string | null>('j1'), isDirty = ref(false)) {
  const found = scope.run(() => useEditing(jobId, isDirty))
  if (!found) throw new Error('the scope has ended')
  return { ...found, jobId, isDirty }
}

function hide(isHidden: boolean) {
  vi.spyOn(document, 'hidden', 'get').mockReturnValue(isHidden)
  document.dispatchEvent(new Event('visibilitychange'))
}

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  server = await TestServer.start()
  server.on('PUT', PATH, () => ({ body: { others: [bob], version: 4 } }))
  server.on('DELETE', PATH, () => ({ status: 204 }))
  visit(server)
  scope = effectScope()
})

afterEach(async () => {
  scope.stop()
  await vi.waitFor(() => expect(leaves()).not.toHaveLength(0)) // before the server is gone
  vi.useRealTimers()
  await server.stop()
})

it('tells at once, every 15 seconds and when something is unsaved, and shows who else is there', async () => {
  const page = editing()
  await vi.waitFor(() => expect(page.others.value).toEqual([bob]))
  expect(page.version.value).toBe(4)

  await vi.advanceTimersByTimeAsync(15_000)
  await told(2)
  page.isDirty.value = true
  await told(3)

  const bodies = beats().map(({ body }) => body as { tab: string; is_dirty: boolean })
  expect(bodies.map(({ is_dirty }) => is_dirty)).toEqual([false, false, true])
  expect(new Set(bodies.map(({ tab }) => tab)).size).toBe(1)
  expect(bodies[0]?.tab).toMatch(/^[0-9a-f]{32}$/)
})

it('is silent while nobody looks, and back with the first glance', async () => {
  editing()
  await told(1)
  hide(true)
  await vi.advanceTimersByTimeAsync(60_000)
  hide(false)
  await told(2)
})

it('leaves one job for another, and the last one with the page', async () => {
  const other = '/api/v1/jobs/j2/editing/'
  server.on('PUT', other, () => ({ body: { others: [], version: 1 } }))
  server.on('DELETE', other, () => ({ status: 204 }))
  const page = editing()
  await vi.waitFor(() => expect(page.others.value).toHaveLength(1))

  page.jobId.value = 'j2'
  await vi.waitFor(() => expect(page.version.value).toBe(1))
  expect(page.others.value).toEqual([])
  scope.stop()
  await vi.waitFor(() => expect(leaves()).toHaveLength(2))

  expect(leaves().map(({ path }: Seen) => path)).toEqual([PATH, other])
  expect(leaves()[0]?.query.get('tab')).toBe((beats()[0]?.body as { tab: string }).tab)
  await vi.advanceTimersByTimeAsync(60_000)
  expect(beats()).toHaveLength(2)
})

it('says nothing of no job, and keeps what it knows through a failure', async () => {
  const page = editing(ref(null))
  await vi.advanceTimersByTimeAsync(15_000)
  expect(server.seen).toEqual([])

  page.jobId.value = 'j1'
  await vi.waitFor(() => expect(page.version.value).toBe(4))
  server.on('PUT', PATH, () => problem(503, 'database.unavailable'))
  page.isDirty.value = true
  await told(2)
  expect(page.others.value).toEqual([bob])
})

it('says goodbye when the tab is closed', async () => {
  editing()
  await told(1)
  dispatchEvent(new Event('pagehide'))
  await vi.waitFor(() => expect(leaves()).toHaveLength(1))
  scope.stop()
  await vi.waitFor(() => expect(leaves()).toHaveLength(2))
})
