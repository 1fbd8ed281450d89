import { flushPromises, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { defineComponent, nextTick, shallowRef } from 'vue'

import { show, visit } from '../../../tests/page'
import { TestServer } from '../../../tests/server'

import type { Datasource, Kind } from './datasources.api'
import { useDatasourceForm } from './useDatasourceForm'

const LIST = '/api/v1/datasources/'
const KINDS = [
  {
    kind: 'sqlite',
    fields: [
      { name: 'path', type: 'text', is_option: false },
      { name: 'ssl_mode', type: 'choice', is_option: true, default: 'prefer' },
    ],
  },
] as unknown as Kind[]
const SAVED = {
  id: '1',
  name: 'Sums',
  kind: 'sqlite',
  path: 'sums.db',
  has_password: false,
  can_use: true,
  last_test: null,
  updated_at: '2026-11-25T01:00:00Z',
} as unknown as Datasource
const FOUND = { ok: true, code: 'ok', detail: '', server: 'SQLite 3' }

let server: TestServer
let page: VueWrapper
let form: ReturnType<typeof useDatasourceForm>
const stored = shallowRef<Datasource>()

beforeEach(async () => {
  server = await TestServer.start()
  visit(server)
  stored.value = undefined
  const Probe = defineComponent(() => {
    form = useDatasourceForm(
      () => stored.value,
      () => KINDS,
    )
    return () => null
  })
  page = await show(Probe)
  server.on('POST', LIST, () => ({ status: 201, body: SAVED }))
  server.on('POST', `${LIST}test/`, () => ({ body: { ...FOUND, server: 'a draft' } }))
  server.on('POST', `${LIST}1/test/`, () => ({ body: FOUND }))
})

afterEach(async () => {
  page.unmount()
  await server.stop()
})

const take = (saved: Datasource) => void (stored.value = saved)
const asked = () => server.seen.map(({ method, path }) => `${method} ${path}`)
const refuse = (field: string, detail: string) => () => ({
  status: 400,
  headers: { 'Content-Type': 'application/problem+json' },
  body: { code: 'invalid', detail, errors: [{ field, code: 'invalid', detail }] },
})

it('tests what is typed until it is saved, and what is stored from then on', async () => {
  form.draft.value.kind = 'sqlite'
  form.draft.value.values.path = 'sums.db'
  await form.tryConnection()
  expect(form.test.diagnosis.value?.server).toBe('a draft')
  form.draft.value.name = 'Sums'
  expect(form.isOutdated.value).toBe(true)

  await form.save(take)
  await vi.waitFor(() => expect(form.test.diagnosis.value?.server).toBe('SQLite 3'))
  expect(asked()).toEqual([`POST ${LIST}test/`, `POST ${LIST}`, `POST ${LIST}1/test/`])
  expect([form.isDirty.value, form.isOutdated.value, form.isOvertaken.value]).toEqual([false, false, false])
})

it('puts an objection to the options at the option', async () => {
  form.draft.value.kind = 'sqlite'
  server.on('POST', LIST, refuse('options', 'The option "ssl_mode" must be yes.'))
  expect(await form.save(take)).toBeNull()
  expect(form.problems.byField.value).toEqual({ ssl_mode: 'The option "ssl_mode" must be yes.' })

  server.on('POST', LIST, refuse('elsewhere', 'No.'))
  await form.save(take)
  expect(form.problems.general.value).toBe('No.')
})

it('keeps what is typed when somebody else saves, and says so', async () => {
  stored.value = SAVED
  await nextTick()
  form.draft.value.description = 'mine'
  stored.value = { ...SAVED, description: 'theirs', updated_at: '2026-11-25T02:00:00Z' }
  await nextTick()
  expect([form.draft.value.description, form.isOvertaken.value]).toEqual(['mine', true])

  form.begin(stored.value)
  expect([form.draft.value.description, form.isOvertaken.value]).toEqual(['theirs', false])
})

it('follows what is stored while nothing is typed, and forgets the test of another', async () => {
  stored.value = SAVED
  await nextTick()
  await form.tryConnection()
  stored.value = { ...SAVED, description: 'theirs', updated_at: '2026-11-25T02:00:00Z' }
  await flushPromises()
  expect([form.draft.value.description, form.isOvertaken.value]).toEqual(['theirs', false])
  expect(form.test.diagnosis.value?.ok).toBe(true)

  stored.value = undefined
  await nextTick()
  expect(form.draft.value.name).toBe('')
  expect(form.test.diagnosis.value).toBeNull()
})
