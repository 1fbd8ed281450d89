import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { visit } from '../../../tests/page'
import { problem, TestServer } from '../../../tests/server'

import { bodyOf, createApi } from './client'
import { ApiError } from './errors'

const SESSION = '/api/v1/session/'
let server: TestServer

beforeEach(async () => {
  server = await TestServer.start()
  visit(server)
  document.cookie = 'csrftoken=; expires=Thu, 01 Jan 1970 00:00:00 GMT'
})

afterEach(() => server.stop())

const failureOf = (request: Promise<unknown>) =>
  request.then(
    () => null,
    (error: unknown) => error as ApiError,
  )

describe('a request', () => {
  it('asks in the page language, and carries the CSRF cookie as a header when it changes something', async () => {
    server.on('GET', SESSION, () => ({
      ...problem(401, 'not_authenticated'),
      headers: { 'Content-Type': 'application/problem+json', 'Set-Cookie': 'csrftoken=abc%3D; Path=/' },
    }))
    server.on('POST', SESSION, () => ({ body: {} }))
    const api = createApi({ language: () => 'zh-Hans' })

    await failureOf(api.GET(SESSION))
    await api.POST(SESSION, { body: { username: 'lin', password: 'x' } })

    const [get, post] = server.seen
    expect(get?.headers['accept-language']).toBe('zh-Hans')
    expect(get?.headers['x-csrftoken']).toBeUndefined()
    expect(post?.headers['x-csrftoken']).toBe('abc=')
    expect(post?.body).toEqual({ username: 'lin', password: 'x' })
  })

  it('tells what time the server has', async () => {
    const sentAt = Date.UTC(2026, 0, 2, 3, 4, 5)
    server.on('GET', SESSION, () => ({ body: {}, headers: { Date: new Date(sentAt).toUTCString() } }))
    const onServerTime = vi.fn()
    await createApi({ onServerTime }).GET(SESSION)
    expect(onServerTime).toHaveBeenCalledWith(sentAt)
  })
})

describe('a failure', () => {
  it('is the problem document, fields and waiting time included', async () => {
    server.on('GET', '/api/v1/runs/', () => ({
      status: 429,
      headers: { 'Content-Type': 'application/problem+json; charset=utf-8', 'Retry-After': '17' },
      body: {
        code: 'throttled',
        detail: '请求过多。',
        errors: [{ field: 'state', code: 'invalid_choice', detail: '无效。' }],
      },
    }))
    const error = await failureOf(createApi().GET('/api/v1/runs/'))
    expect(error).toBeInstanceOf(ApiError)
    expect(error).toMatchObject({
      status: 429,
      code: 'throttled',
      detail: '请求过多。',
      retryAfterSeconds: 17,
      errors: [{ field: 'state', code: 'invalid_choice', detail: '无效。' }],
    })
  })

  it.each([
    [
      "a proxy's page",
      { status: 502, headers: { 'Content-Type': 'text/html' }, body: '<h1>Bad Gateway</h1>' },
    ],
    ['a broken document', { ...problem(500, 'x'), body: '{"code":' }],
    ['a document without a code', { ...problem(500, 'x'), body: { detail: 'x' } }],
  ])('has its status and no words when it is %s', async (_name, answer) => {
    server.on('GET', '/api/v1/runs/', () => answer)
    const error = await failureOf(createApi().GET('/api/v1/runs/'))
    expect(error).toMatchObject({ status: answer.status, code: 'http', detail: '' })
  })

  it('says so when no server answers', async () => {
    await server.stop()
    expect(await failureOf(createApi().GET('/api/v1/runs/'))).toMatchObject({ status: 0, code: 'network' })
    server = await TestServer.start()
  })

  it('stays an abort when the page no longer wants the answer', async () => {
    server.on('GET', '/api/v1/runs/', () => new Promise(() => {}))
    const controller = new AbortController()
    const failed = failureOf(createApi().GET('/api/v1/runs/', { signal: controller.signal }))
    await vi.waitFor(() => expect(server.seen).toHaveLength(1))
    controller.abort()
    expect((await failed)?.name).toBe('AbortError')
  })

  it('ends the session when it is a 401, unless the session was what was asked for', async () => {
    server.on('GET', SESSION, () => problem(401, 'not_authenticated'))
    server.on('GET', '/api/v1/runs/', () => problem(401, 'not_authenticated'))
    const onSignedOut = vi.fn()
    const api = createApi({ onSignedOut })
    await failureOf(api.GET(SESSION))
    expect(onSignedOut).not.toHaveBeenCalled()
    await failureOf(api.GET('/api/v1/runs/'))
    expect(onSignedOut).toHaveBeenCalledTimes(1)
  })

  it('is also an answer without the body that was promised', async () => {
    server.on('GET', SESSION, () => ({ status: 204 }))
    expect(await failureOf(bodyOf(createApi().GET(SESSION)))).toMatchObject({ code: 'empty' })
  })
})
