import { flushPromises, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'

import { show, visit } from '../../../tests/page'
import { problem, TestServer } from '../../../tests/server'

import { useSessionStore } from '@/shared/session/session.store'
import SignInView from './SignInView.vue'

const SESSION = '/api/v1/session/'
const LIN = {
  user: {
    id: 1,
    username: 'lin',
    email: '',
    display_name: '',
    is_staff: false,
    language: 'en',
    time_zone: 'Asia/Shanghai',
    preferences: { theme: 'system', density: 'comfortable', home: 'dashboard', notify_failures: true },
    notices_read_at: null,
  },
  tenant: { name: 'Acme', slug: 'acme' },
  csrf_token: 't',
}
let server: TestServer
let page: VueWrapper

beforeEach(async () => {
  server = await TestServer.start()
  visit(server)
  page = await show(SignInView)
})

afterEach(async () => {
  page.unmount()
  await server.stop()
})

async function submit(username: string, password: string): Promise<void> {
  await page.find('#username').setValue(username)
  await page.find('#password').setValue(password)
  await page.find('form').trigger('submit')
}

const alert = () => page.find('[role=alert]')
const says = (text: string) => vi.waitFor(() => expect(alert().text()).toBe(text))

it('signs in and knows who it is', async () => {
  server.on('POST', SESSION, () => ({ body: LIN }))
  await submit('lin', 'right')
  const session = useSessionStore()
  await vi.waitFor(() => expect(session.isSignedIn).toBe(true))
  expect(server.seen[0]?.body).toEqual({ username: 'lin', password: 'right' })
  expect(session.displayName).toBe('lin')
  expect(session.timeZone).toBe('Asia/Shanghai')
})

it('asks for what is missing before it asks the server', async () => {
  await submit('', '')
  expect(page.text()).toContain('Enter your username.')
  expect(page.text()).toContain('Enter your password.')
  expect(document.activeElement?.id).toBe('username')
  await submit('lin', '')
  expect(document.activeElement?.id).toBe('password')
  expect(server.seen).toEqual([])
})

it("says the server's own words, and leads back to the password", async () => {
  server.on('POST', SESSION, () => problem(401, 'session.refused', 'The username or the password is wrong.'))
  await submit('lin', 'wrong')
  await says('The username or the password is wrong.')
  await vi.waitFor(() => expect(document.activeElement?.id).toBe('password'))
})

it('counts the seconds down when it was tried too often, and lets in again', async () => {
  server.on('POST', SESSION, () => problem(429, 'session.locked', 'Wait.', { 'Retry-After': '2' }))
  await submit('lin', 'wrong')
  await says('Too many attempts. You can try again in 2\u202fs.')
  await page.find('form').trigger('submit')
  await flushPromises()
  expect(server.seen).toHaveLength(1)
  await vi.waitFor(() => expect(alert().text()).toBe('You can try again now.'), { timeout: 4000 })
  server.on('POST', SESSION, () => ({ body: LIN }))
  await page.find('form').trigger('submit')
  await vi.waitFor(() => expect(useSessionStore().isSignedIn).toBe(true))
})

it('says that the server is away', async () => {
  await server.stop()
  await submit('lin', 'right')
  await says("The server can't be reached. Check your connection.")
  server = await TestServer.start()
})
