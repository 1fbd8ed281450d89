import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'

import { visit } from '../../../tests/page'
import { TestServer } from '../../../tests/server'

import { api } from '@/shared/api'
import { useReachStore } from './reach.store'

let server: TestServer

beforeEach(async () => {
  setActivePinia(createPinia())
  server = await TestServer.start()
  visit(server)
})

afterEach(() => server.stop())

it('notices when no answer comes, and asks until one does', async () => {
  const reach = useReachStore()
  expect(reach.isReached).toBe(true)
  const away = vi.spyOn(globalThis, 'fetch').mockRejectedValue(new TypeError('Failed to fetch'))
  await expect(api.GET('/api/v1/session/')).rejects.toMatchObject({ code: 'network' })
  expect(reach.isReached).toBe(false)
  expect(await reach.probe()).toBe(false)

  away.mockRestore()
  await vi.waitFor(() => expect(reach.isReached).toBe(true), { timeout: 4000 })
})

it('takes a refusal for an answer', async () => {
  const reach = useReachStore()
  await expect(api.GET('/api/v1/session/')).rejects.toMatchObject({ status: 404 })
  expect(reach.isReached).toBe(true)
})

it('knows what the browser knows of its network', () => {
  const reach = useReachStore()
  dispatchEvent(new Event('offline'))
  expect(reach.isReached).toBe(false)
  dispatchEvent(new Event('online'))
  expect(reach.isOnline).toBe(true)
})
