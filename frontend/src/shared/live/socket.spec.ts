// @vitest-environment node
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { WebSocket } from 'ws'

import { TestServer } from '../../../tests/server'

import { LiveSocket, type LiveSocketOptions, type LiveStatus } from './socket'

let server: TestServer
let states: LiveStatus[]

beforeEach(async () => {
  server = await TestServer.start()
  server.onMessage = (message, socket) => {
    if (message.join) socket.send(JSON.stringify({ topic: message.join, joined: true }))
    if (message.ping) socket.send(JSON.stringify({ pong: 1 }))
  }
  states = []
})

afterEach(() => server.stop())

function socketTo(options: Partial<LiveSocketOptions> = {}): LiveSocket {
  return new LiveSocket({
    url: () => server.socketUrl,
    open: (url) => new WebSocket(url) as unknown as globalThis.WebSocket,
    random: () => 0,
    onStatus: (status) => states.push(status),
    ...options,
  })
}

const joins = () => server.heard.filter((message) => 'join' in message)
const joined = (times: number) => vi.waitFor(() => expect(joins()).toHaveLength(times), { timeout: 3000 })
const events = (topic: string, ...list: unknown[]) => ({ topic, events: list })

describe('topics', () => {
  it('are asked for once, however many listen, and left by the last', async () => {
    const socket = socketTo()
    const [first, second] = [vi.fn(), vi.fn()]
    const leaveFirst = socket.join('runs', { onEvents: first })
    const leaveSecond = socket.join('runs', { onEvents: second })
    const leaveOther = socket.join('run:1', { onEvents: vi.fn() })
    await joined(2)
    expect(joins()).toEqual([{ join: 'runs' }, { join: 'run:1' }])

    server.say(events('runs', 1))
    await vi.waitFor(() => expect(second).toHaveBeenCalledWith([1]))
    leaveSecond()
    leaveSecond()
    server.say(events('runs', 2))
    await vi.waitFor(() => expect(first).toHaveBeenCalledWith([2]))
    expect(second).toHaveBeenCalledTimes(1)
    expect(server.heard).not.toContainEqual({ leave: 'runs' })

    leaveFirst()
    await vi.waitFor(() => expect(server.heard).toContainEqual({ leave: 'runs' }))
    leaveOther()
    await vi.waitFor(() => expect(server.connections).toBe(0))
    expect(states).toEqual(['connecting', 'open', 'off'])
  })

  it('hear of their own gaps and refusals only', async () => {
    const socket = socketTo()
    const [runs, other] = [
      { onEvents: vi.fn(), onGap: vi.fn(), onError: vi.fn() },
      { onEvents: vi.fn(), onGap: vi.fn(), onError: vi.fn() },
    ]
    const leaves = [socket.join('runs', runs), socket.join('run:1', other)]
    await vi.waitFor(() => expect(other.onGap).toHaveBeenCalledTimes(1)) // the join itself

    server.say({ topic: 'runs', gap: true })
    server.say({ topic: 'run:1', error: { code: 'not_found', detail: 'There is nothing here.' } })
    await vi.waitFor(() => expect(other.onError).toHaveBeenCalledTimes(1))
    expect(runs.onGap).toHaveBeenCalledTimes(2)
    expect(other.onGap).toHaveBeenCalledTimes(1)
    expect(runs.onError).not.toHaveBeenCalled()
    leaves.forEach((leave) => leave())
  })

  it('survive words that nobody understands', async () => {
    const socket = socketTo()
    const onEvents = vi.fn()
    const leave = socket.join('runs', { onEvents })
    await joined(1)
    for (const odd of [null, 7, 'x', [], {}, { topic: 'runs', news: 1 }, events('else', 1)]) server.say(odd)
    server.say(events('runs', 'still here'))
    await vi.waitFor(() => expect(onEvents).toHaveBeenCalledWith(['still here']))
    leave()
  })
})

describe('a lost connection', () => {
  it('comes back, joins again, and reports a gap, but not to whoever resumes', async () => {
    const socket = socketTo()
    const runs = { onEvents: vi.fn(), onGap: vi.fn() }
    let last = 0
    const log = { onEvents: vi.fn(), onGap: vi.fn(), resume: () => ({ after: last, attempt: 1 }) }
    const leaves = [socket.join('runs', runs), socket.join('log:1', log)]
    await joined(2)
    await vi.waitFor(() => expect(runs.onGap).toHaveBeenCalledTimes(1))

    last = 41
    server.cut()
    await joined(4)
    expect(joins().slice(2)).toEqual([{ join: 'runs' }, { join: 'log:1', after: 41, attempt: 1 }])
    await vi.waitFor(() => expect(runs.onGap).toHaveBeenCalledTimes(2))
    expect(log.onGap).not.toHaveBeenCalled()
    expect(states).toEqual(['connecting', 'open', 'reconnecting', 'reconnecting', 'open'])
    leaves.forEach((leave) => leave())
  })

  it('is tried for again and again, with longer pauses, and at once when hurried', async () => {
    server.isOpen = false
    const failures: number[] = []
    const socket = socketTo({ onStatus: (_status, failed) => failures.push(failed) })
    const leave = socket.join('runs', { onEvents: vi.fn() })
    await vi.waitFor(() => expect(Math.max(0, ...failures)).toBe(2), { timeout: 3000 })

    server.isOpen = true
    const before = Date.now()
    socket.hurry()
    await joined(1)
    expect(Date.now() - before).toBeLessThan(400) // the pause would have been 500 ms
    leave()
  })

  it('is noticed when the server merely falls silent', async () => {
    server.onMessage = () => {}
    const socket = socketTo({ pingEveryMs: 30, patienceMs: 40 })
    const leave = socket.join('runs', { onEvents: vi.fn() })
    await vi.waitFor(() => expect(states).toContain('reconnecting'))
    expect(server.heard).toContainEqual({ ping: 1 })
    leave()
  })

  it('is not seen where pings are answered', async () => {
    const socket = socketTo({ pingEveryMs: 20, patienceMs: 200 })
    const leave = socket.join('runs', { onEvents: vi.fn() })
    const pings = () => server.heard.filter((message) => 'ping' in message).length
    await vi.waitFor(() => expect(pings()).toBeGreaterThan(4))
    expect(states).toEqual(['connecting', 'open'])
    leave()
  })

  it('is given up when the last topic is left', async () => {
    server.isOpen = false
    const socket = socketTo()
    const leave = socket.join('runs', { onEvents: vi.fn() })
    await vi.waitFor(() => expect(states).toContain('reconnecting'))
    leave()
    server.isOpen = true
    await new Promise((resolve) => setTimeout(resolve, 400)) // longer than the first pause
    expect(server.connections).toBe(0)
    expect(states.at(-1)).toBe('off')
  })
})
