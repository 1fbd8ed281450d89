import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, expect, it } from 'vitest'

import { api } from '@/shared/api'
import { currentLanguage, speak } from '@/shared/i18n'
import { useThemeStore } from '@/shared/theme/theme.store'

import { visit } from '../../../tests/page'
import { problem, TestServer } from '../../../tests/server'

import { useSessionStore } from './session.store'

const SESSION = '/api/v1/session/'
const sessionOf = (language: string, preferences = {}) => ({
  user: {
    id: 1,
    username: 'lin',
    email: '',
    display_name: '林薇',
    is_staff: true,
    language,
    time_zone: 'UTC',
    preferences: {
      theme: 'system',
      density: 'comfortable',
      home: 'dashboard',
      notify_failures: true,
      ...preferences,
    },
    notices_read_at: null,
  },
  tenant: { name: 'Acme', slug: 'acme' },
  csrf_token: 't',
})
let server: TestServer

beforeEach(async () => {
  server = await TestServer.start()
  visit(server)
  await speak('en')
  setActivePinia(createPinia())
})

afterEach(() => server.stop())

it('asks once who is signed in, and speaks their language', async () => {
  server.on('GET', SESSION, () => ({ body: sessionOf('zh-hans') }))
  const session = useSessionStore()
  expect([await session.ensure(), await session.ensure()]).toEqual([true, true])
  expect(server.seen).toHaveLength(1)
  expect(session.displayName).toBe('林薇')
  expect(currentLanguage()).toBe('zh-Hans')
  expect(document.documentElement.lang).toBe('zh-Hans')
})

it('takes being nobody for an answer, but not a broken server', async () => {
  server.on('GET', SESSION, () => problem(503, 'database.unavailable'))
  const session = useSessionStore()
  await expect(session.ensure()).rejects.toMatchObject({ status: 503 })
  server.on('GET', SESSION, () => problem(401, 'not_authenticated'))
  expect(await session.ensure()).toBe(false)
  expect(session.hasExpired).toBe(false)
})

it('knows that the session has ended from whatever request finds it out', async () => {
  server.on('GET', SESSION, () => ({ body: sessionOf('en') }))
  server.on('GET', '/api/v1/runs/', () => problem(401, 'not_authenticated'))
  const session = useSessionStore()
  await session.ensure()
  await expect(api.GET('/api/v1/runs/')).rejects.toMatchObject({ status: 401 })
  expect([session.isSignedIn, session.hasExpired]).toEqual([false, true])
})

it('signs out', async () => {
  server.on('GET', SESSION, () => ({ body: sessionOf('en') }))
  server.on('DELETE', SESSION, () => ({ status: 204 }))
  const session = useSessionStore()
  await session.ensure()
  await session.signOut()
  expect([session.isSignedIn, session.hasExpired]).toEqual([false, false])
})

it('changes the language at once, and has it remembered for whoever is signed in', async () => {
  server.on('GET', SESSION, () => ({ body: sessionOf('en') }))
  server.on('PATCH', '/api/v1/account/', () => ({ body: {} }))
  const session = useSessionStore()
  await session.chooseLanguage('zh-Hans')
  expect(server.seen).toEqual([])
  await session.chooseLanguage('en')
  await session.ensure()
  await session.chooseLanguage('zh-Hans')
  expect(server.seen.at(-1)).toMatchObject({ method: 'PATCH', body: { language: 'zh-hans' } })
  expect(currentLanguage()).toBe('zh-Hans')
})

it('brings what its user likes: theme, density and the first page', async () => {
  const theme = useThemeStore()
  theme.choose('light')
  server.on('GET', SESSION, () => ({ body: sessionOf('en') }))
  const session = useSessionStore()
  await session.check()
  expect([theme.chosen, session.isCompact, session.home]).toEqual(['light', false, '/'])

  const likes = { theme: 'dark', density: 'compact', home: 'runs' }
  server.on('GET', SESSION, () => ({ body: sessionOf('en', likes) }))
  await session.check()
  expect([theme.chosen, session.isCompact, session.home]).toEqual(['dark', true, '/runs'])
})

it('remembers the theme for the next visit, and bears it when that fails', async () => {
  server.on('GET', SESSION, () => ({ body: sessionOf('en') }))
  server.on('PATCH', '/api/v1/account/', () => problem(503, 'database.unavailable'))
  const session = useSessionStore()
  await session.chooseTheme('dark')
  expect(server.seen).toEqual([])

  await session.check()
  await session.chooseTheme('dark')
  expect(server.seen.at(-1)?.body).toEqual({ preferences: { theme: 'dark' } })
})
