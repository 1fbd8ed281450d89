import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

import { WebSocketServer, type WebSocket } from 'ws'

/** What a request got through, as a test asks about it. */
export interface Seen {
  method: string
  path: string
  query: URLSearchParams
  headers: IncomingMessage['headers']
  body: unknown
}

export type Answer = { status?: number; headers?: Record<string, string>; body?: unknown }
type Route = (seen: Seen) => Answer | Promise<Answer>

/** A real HTTP and websocket server on a free port, answering as the test says. */
export class TestServer {
  readonly seen: Seen[] = []
  /** Everything that came over the websocket, in order. */
  readonly heard: Record<string, unknown>[] = []
  /** Answers to messages; without one nothing is said. */
  onMessage: (message: Record<string, unknown>, socket: WebSocket) => void = () => {}
  /** While false, websockets are refused at the door. */
  isOpen = true

  private readonly routes = new Map<string, Route>()
  private readonly http: Server
  private readonly sockets = new WebSocketServer({ noServer: true })

  private constructor() {
    this.http = createServer((request, response) => void this.answer(request, response))
    this.http.on('upgrade', (request, stream, head) => {
      if (!this.isOpen) return void stream.destroy()
      this.sockets.handleUpgrade(request, stream, head, (socket) => {
        socket.on('message', (data) => {
          const message = JSON.parse(String(data))
          this.heard.push(message)
          this.onMessage(message, socket)
        })
      })
    })
  }

  static async start(): Promise<TestServer> {
    const server = new TestServer()
    await new Promise<void>((resolve) => server.http.listen(0, '127.0.0.1', resolve))
    return server
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.http.address() as AddressInfo).port}`
  }

  get socketUrl(): string {
    return `${this.origin.replace('http', 'ws')}/ws/`
  }

  get connections(): number {
    return this.sockets.clients.size
  }

  on(method: string, path: string, route: Route): void {
    this.routes.set(`${method} ${path}`, route)
  }

  say(message: unknown): void {
    this.sockets.clients.forEach((socket) => socket.send(JSON.stringify(message)))
  }

  /** Cut all websockets without a word, as a pulled plug does. */
  cut(): void {
    this.sockets.clients.forEach((socket) => socket.terminate())
  }

  async stop(): Promise<void> {
    this.cut()
    this.http.closeAllConnections()
    await new Promise((resolve) => this.http.close(resolve))
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.origin)
    let text = ''
    for await (const part of request) text += part
    const seen: Seen = {
      method: request.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      body: text ? JSON.parse(text) : null,
    }
    this.seen.push(seen)
    const route = this.routes.get(`${seen.method} ${seen.path}`)
    const { status = 200, headers = {}, body } = route ? await route(seen) : problem(404, 'not_found')
    response.writeHead(status, { 'Content-Type': 'application/json', ...headers })
    response.end(body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body))
  }
}

export function problem(
  status: number,
  code: string,
  detail = 'No.',
  headers: Record<string, string> = {},
): Answer {
  return {
    status,
    headers: { 'Content-Type': 'application/problem+json', ...headers },
    body: { type: `about:blank#${code}`, title: 'Refused', status, code, detail },
  }
}
