import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, expect, it, vi } from 'vitest'
import { effectScope } from 'vue'

import { useLiveStore } from './live.store'
import type { ChangeEvent } from './protocol'
import type { TopicHandlers } from './socket'
import { useChanges } from './useChanges'

const leave = vi.fn()
let joined: Record<string, TopicHandlers<ChangeEvent>>

beforeEach(() => {
  setActivePinia(createPinia())
  joined = {}
  leave.mockClear()
  useLiveStore().join = (topic, handlers) => {
    joined[topic] = handlers as TopicHandlers<ChangeEvent>
    return leave
  }
})

const change = (id: string, kind: ChangeEvent['kind'] = 'job'): ChangeEvent => ({
  kind,
  id,
  job: null,
  what: 'changed',
  version: 2,
  by: 'Ada',
  at: '2026-11-25T02:00:00Z',
})

it('passes on what concerns the page, and only that', () => {
  const [onChanges, onGap] = [vi.fn(), vi.fn()]
  const scope = effectScope()
  scope.run(() => useChanges({ concerns: ({ kind }) => kind === 'job', onChanges, onGap }))

  joined.changes?.onEvents([change('a', 'datasource')])
  expect(onChanges).not.toHaveBeenCalled()
  joined.changes?.onEvents([change('a', 'datasource'), change('b')])
  expect(onChanges).toHaveBeenCalledExactlyOnceWith([change('b')])

  joined.changes?.onGap?.()
  expect(onGap).toHaveBeenCalledOnce()
  scope.stop()
  expect(leave).toHaveBeenCalledOnce()
})
