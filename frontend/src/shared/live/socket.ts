import { reconnectDelay } from './backoff'
import { parseMessage, type ClientMessage, type ServerMessage } from './protocol'

/** `off`: nobody listens. `connecting`: for the first time. `reconnecting`: it was lost, or could not be had. */
export type LiveStatus = 'off' | 'connecting' | 'open' | 'reconnecting'

export interface TopicHandlers<E> {
  onEvents: (events: E[]) => void
  /** Events may have been missed: fetch what the topic is about again. Called when the topic is joined, too: what was
      fetched before that may miss what happened in between. */
  onGap?: () => void
  /** The server refuses the topic. */
  onError?: (error: { code: string; detail: string }) => void
  /** Where to go on from, asked at each join. Who gives it hears of no gap at a join: nothing was missed. */
  resume?: () => { after: number; attempt?: number }
}

export interface LiveSocketOptions {
  url: () => string
  open?: (url: string) => WebSocket
  random?: () => number
  onStatus?: (status: LiveStatus, failures: number) => void
  pingEveryMs?: number
  /** How long an unanswered connection, or ping, counts as alive. */
  patienceMs?: number
}

type Handlers = TopicHandlers<unknown>

/**
 * The tab's one websocket. Topics are counted: the first to join one asks the server, the last to leave tells it.
 * The connection opens with the first topic, closes with the last, and comes back by itself in between.
 */
export class LiveSocket {
  private readonly topics = new Map<string, Set<Handlers>>()
  private hasBeenOpen = false
  private socket: WebSocket | null = null
  private failures = 0
  private retry: ReturnType<typeof setTimeout> | undefined
  private pulse: ReturnType<typeof setTimeout> | undefined

  constructor(private readonly options: LiveSocketOptions) {}

  /** Returns the way to leave; calling it again does nothing. */
  join<E>(topic: string, handlers: TopicHandlers<E>): () => void {
    const mine = handlers as Handlers
    const held = this.topics.get(topic)
    if (held) held.add(mine)
    else this.topics.set(topic, new Set([mine]))
    if (!this.socket && this.retry === undefined) this.connect()
    else if (!held && this.isOpen) this.askFor(topic)
    return () => this.leave(topic, mine)
  }

  /** The network is back, or the tab is looked at again: don't sit out the pause. */
  hurry(): void {
    if (this.retry === undefined) return
    clearTimeout(this.retry)
    this.connect()
  }

  private get isOpen(): boolean {
    return this.socket?.readyState === 1
  }

  private leave(topic: string, handlers: Handlers): void {
    const held = this.topics.get(topic)
    if (!held?.delete(handlers) || held.size > 0) return
    this.topics.delete(topic)
    if (this.topics.size === 0) this.close()
    else if (this.isOpen) this.send({ leave: topic })
  }

  private connect(): void {
    this.retry = undefined
    this.tell(this.failures === 0 && !this.hasBeenOpen ? 'connecting' : 'reconnecting')
    const socket = (this.options.open ?? ((url) => new WebSocket(url)))(this.options.url())
    this.socket = socket
    const current = () => this.socket === socket
    socket.onopen = () => {
      if (!current()) return
      this.failures = 0
      this.hasBeenOpen = true
      this.tell('open')
      for (const topic of this.topics.keys()) this.askFor(topic)
      this.expectLife()
    }
    socket.onmessage = ({ data }) => {
      if (!current()) return
      this.expectLife()
      const message = parseMessage(data)
      if (message) this.deliver(message)
    }
    socket.onclose = () => current() && this.lost()
    socket.onerror = () => {} // a close always follows
    this.pulse = setTimeout(() => current() && this.lost(), this.patience)
  }

  private lost(): void {
    this.drop()
    this.failures += 1
    this.tell('reconnecting')
    const wait = reconnectDelay(this.failures, this.options.random ?? Math.random)
    this.retry = setTimeout(() => this.connect(), wait)
  }

  private close(): void {
    clearTimeout(this.retry)
    this.retry = undefined
    this.drop()
    this.failures = 0
    this.hasBeenOpen = false
    this.tell('off')
  }

  private drop(): void {
    clearTimeout(this.pulse)
    const socket = this.socket
    this.socket = null
    socket?.close()
  }

  /** Something was heard. After a silence ask for a sign; without one the connection is dead, whatever TCP believes. */
  private expectLife(): void {
    clearTimeout(this.pulse)
    const socket = this.socket
    this.pulse = setTimeout(() => {
      this.send({ ping: 1 })
      this.pulse = setTimeout(() => this.socket === socket && this.lost(), this.patience)
    }, this.options.pingEveryMs ?? 25_000)
  }

  private get patience(): number {
    return this.options.patienceMs ?? 10_000
  }

  private deliver(message: ServerMessage): void {
    if (!('topic' in message)) return
    const { topic } = message
    const held = [...(this.topics.get(topic) ?? [])]
    if ('events' in message) held.forEach((one) => one.onEvents(message.events))
    else if ('gap' in message) held.forEach((one) => one.onGap?.())
    else if ('error' in message) held.forEach((one) => one.onError?.(message.error))
    else held.forEach((one) => one.resume || one.onGap?.())
  }

  private askFor(topic: string): void {
    const [first] = this.topics.get(topic) ?? []
    this.send({ join: topic, ...first?.resume?.() })
  }

  private send(message: ClientMessage): void {
    if (this.isOpen) this.socket?.send(JSON.stringify(message))
  }

  private tell(status: LiveStatus): void {
    this.options.onStatus?.(status, this.failures)
  }
}
