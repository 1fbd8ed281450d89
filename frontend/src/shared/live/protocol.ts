import type { Run, RunState } from '@/shared/api'

/** A run came into a state. `event` only grows per run: the greater one is the newer. */
export interface RunEvent {
  run: string
  job: string
  job_name: string
  state: RunState
  attempt: number
  event: number
  at: string
  exit_reason: Run['exit_reason']
}

/** Somebody, in this tab or elsewhere, changed something that the user may see. What it is now is for the API to say. */
export interface ChangeEvent {
  kind: 'job' | 'trigger' | 'datasource'
  id: string
  /** A trigger's. */
  job: string | null
  what: 'created' | 'changed' | 'paused' | 'resumed' | 'deleted'
  /** A job's, the one that is current now. */
  version: number | null
  /** Who it was, by the name that is shown; empty when nobody knows. */
  by: string
  at: string
}

export type ClientMessage =
  { join: string; after?: number; attempt?: number } | { leave: string } | { ping: 1 }

export type ServerMessage =
  | { topic: string; joined: true }
  | { topic: string; events: unknown[] }
  | { topic: string; gap: true }
  | { topic: string; error: { code: string; detail: string } }
  | { pong: 1 }

/** What came over the wire, or null when it is not for us: a newer server may say more than we know. */
export function parseMessage(data: unknown): ServerMessage | null {
  if (typeof data !== 'string') return null
  try {
    const message = JSON.parse(data)
    if (typeof message !== 'object' || message === null) return null
    return 'pong' in message || typeof message.topic === 'string' ? message : null
  } catch {
    return null
  }
}
