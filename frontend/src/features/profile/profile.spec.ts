import { flushPromises, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'

import * as notices from '@/shared/ui/notify'

import { show, visit } from '../../../tests/page'
import { problem, TestServer } from '../../../tests/server'

import NewToken from './NewToken.vue'
import PasswordTab from './PasswordTab.vue'
import PreferencesTab from './PreferencesTab.vue'
import SessionsTab from './SessionsTab.vue'
import TokensTab from './TokensTab.vue'

const ACCOUNT = {
  display_name: '',
  language: 'en',
  time_zone: '',
  preferences: { theme: 'system', density: 'comfortable', home: 'dashboard', notify_failures: true },
  notices_read_at: null,
}
const SESSION = {
  user: { ...ACCOUNT, id: 1, username: 'lin', email: '', time_zone: 'Asia/Tokyo' },
  tenant: null,
}
const aSession = (id: string, client: string, is_current = false, last_seen_at = '2026-11-25T02:00:00Z') => ({
  id,
  client,
  ip: '192.0.2.1',
  created_at: '2026-11-24T02:00:00Z',
  last_seen_at,
  is_current,
})
const aToken = (name: string, expires_at = '2999-01-01T00:00:00Z') => ({
  id: name,
  name,
  prefix: 'abc12345',
  created_at: '2026-11-24T02:00:00Z',
  expires_at,
  last_used_at: null,
})
let server: TestServer
let page: VueWrapper

const listOf = (results: unknown[], next: string | null = null) => ({
  body: { next, previous: null, results },
})
const asked = (method: string) => server.seen.filter((seen) => seen.method === method)
const sees = (text: string) => vi.waitFor(() => expect(page.text()).toContain(text))
const button = (name: string) =>
  page.findAll('button').find((one) => [one.text(), one.attributes('aria-label')].includes(name))!

beforeEach(async () => {
  server = await TestServer.start()
  visit(server)
  server.on('GET', '/api/v1/account/', () => ({ body: ACCOUNT }))
  server.on('GET', '/api/v1/session/', () => ({ body: SESSION }))
})

afterEach(async () => {
  page.unmount()
  await server.stop()
})

it('saves each preference by itself, and says so', async () => {
  server.on('PATCH', '/api/v1/account/', ({ body }) => ({ body: { ...ACCOUNT, ...(body as object) } }))
  page = await show(PreferencesTab)
  await vi.waitFor(() => expect(page.find('[name=display_name]').exists()).toBe(true))

  await page.get('[name=display_name]').setValue(' Lin Wei ')
  await sees('Saved')
  await page.get('[name=display_name]').trigger('change') // nothing new
  await page.get('[name=notify_failures]').setValue(false)
  await vi.waitFor(() => expect(asked('PATCH')).toHaveLength(2))

  expect(asked('PATCH').map(({ body }) => body)).toEqual([
    { display_name: 'Lin Wei' },
    { preferences: { notify_failures: false } },
  ])
})

it('says beside the field what the server objects to', async () => {
  server.on('PATCH', '/api/v1/account/', () => {
    const answer = problem(400, 'invalid')
    const errors = [{ field: 'display_name', code: 'invalid', detail: 'That is no name.' }]
    return { ...answer, body: { ...(answer.body as object), errors } }
  })
  page = await show(PreferencesTab)
  await vi.waitFor(() => expect(page.find('[name=display_name]').exists()).toBe(true))
  await page.get('[name=display_name]').setValue('x')
  await sees('That is no name.')
  expect(page.get('[name=display_name]').attributes('aria-invalid')).toBe('true')
})

it('tells the rules of a password before, asks for both, and empties the fields after', async () => {
  server.on('POST', '/api/v1/account/password/', () => ({ status: 204 }))
  const notify = vi.spyOn(notices, 'notify').mockImplementation(() => {})
  page = await show(PasswordTab)
  expect(page.text()).toContain('at least 8 characters')
  expect(page.text()).toContain('signs you out everywhere but here')

  await page.get('form').trigger('submit')
  expect(page.findAll('[role=alert]')).toHaveLength(2)
  expect(server.seen).toEqual([])

  await page.get('[name=current_password]').setValue('old one')
  await page.get('[name=new_password]').setValue('new one')
  await page.get('form').trigger('submit')
  await vi.waitFor(() => expect(notify).toHaveBeenCalled())
  expect(server.seen[0]?.body).toEqual({ current_password: 'old one', new_password: 'new one' })
  expect((page.get('[name=new_password]').element as HTMLInputElement).value).toBe('')
})

it('shows this session first, and ends another after a question', async () => {
  let held = [
    aSession('a', 'Edge on Windows', false, '2026-11-25T01:00:00Z'),
    aSession('b', 'Safari on iOS', false, '2026-11-25T03:00:00Z'),
    aSession('c', 'Chrome on Linux', true),
  ]
  server.on('GET', '/api/v1/sessions/', () => listOf(held))
  server.on('DELETE', '/api/v1/sessions/a/', () => {
    held = held.slice(1)
    return { status: 204 }
  })
  vi.spyOn(notices, 'notify').mockImplementation(() => {})
  const confirm = vi.spyOn(notices, 'confirmDanger').mockResolvedValueOnce(false).mockResolvedValue(true)
  page = await show(SessionsTab)
  await sees('Chrome on Linux')
  expect(page.findAll('strong').map((one) => one.text())).toEqual([
    'Chrome on Linux',
    'Safari on iOS',
    'Edge on Windows',
  ])

  await button('End the session of Edge on Windows 192.0.2.1').trigger('click')
  await flushPromises()
  expect(asked('DELETE')).toEqual([])
  await button('End the session of Edge on Windows 192.0.2.1').trigger('click')
  await vi.waitFor(() => expect(page.findAll('tbody tr')).toHaveLength(2))
  expect(confirm.mock.lastCall?.[0].title).toBe('End the session of Edge on Windows?')
})

it('reads a list to its last page', async () => {
  server.on('GET', '/api/v1/tokens/', ({ query }) =>
    query.get('cursor') === 'x'
      ? listOf([aToken('second')])
      : listOf([aToken('first')], `${server.origin}/api/v1/tokens/?cursor=x`),
  )
  page = await show(TokensTab)
  await sees('second')
  expect(page.findAll('tbody tr')).toHaveLength(2)
})

it('teaches what a token is while there is none, and marks one that has expired', async () => {
  server.on('GET', '/api/v1/tokens/', () => listOf([]))
  page = await show(TokensTab)
  await sees('No API tokens yet')
  expect(page.text()).toContain('acts in your name')
  page.unmount()

  server.on('GET', '/api/v1/tokens/', () => listOf([aToken('old', '2020-01-01T00:00:00Z'), aToken('good')]))
  page = await show(TokensTab)
  await sees('expired')
  expect(page.findAll('em').map((one) => one.text())).toEqual(['expired'])
})

it('shows a new token once, with a command to try it', async () => {
  server.on('POST', '/api/v1/tokens/', ({ body }) => ({
    status: 201,
    body: { ...aToken((body as { name: string }).name), key: 'the-whole-key' },
  }))
  page = await show(NewToken)
  await page.get('form').trigger('submit')
  await sees('Give the token a name.')

  await page.get('[name=name]').setValue('ci')
  await page.get('[name=expires_in_days]').setValue('30')
  await page.get('form').trigger('submit')
  await sees('the-whole-key')
  expect(server.seen[0]?.body).toEqual({ name: 'ci', expires_in_days: 30 })
  expect(page.text()).toContain(`${location.origin}/api/v1/jobs/`)
  expect(page.emitted('issued')).toHaveLength(1)

  await page.get('dialog').trigger('cancel') // Escape
  expect(page.emitted('close')).toBeUndefined()
  await button('I have stored it').trigger('click')
  expect(page.emitted('close')).toHaveLength(1)
})
