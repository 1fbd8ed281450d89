import createClient, { type Client, type Middleware } from 'openapi-fetch'

import { ApiError } from './errors'
import type { paths } from './schema'

export interface ClientOptions {
  /** Empty in the browser: the API lives on the page's own host. */
  baseUrl?: string
  /** Called with every answer's server time (ms since 1970, whole seconds). */
  onServerTime?: (at: number) => void
  /** Called when a request finds the session gone. Asking for the session itself, or opening one, doesn't count. */
  onSignedOut?: () => void
  /** Called after each request: whether any answer came. */
  onReach?: (isReached: boolean) => void
  language?: () => string
}

export type ApiClient = Client<paths>

const UNSAFE = new Set(['POST', 'PUT', 'PATCH', 'DELETE'])

export function createApi(options: ClientOptions = {}): ApiClient {
  // fetch is looked up at each call: whoever replaces it later (a test, a tracer) is heard.
  const client = createClient<paths>({
    baseUrl: options.baseUrl ?? '',
    credentials: 'same-origin',
    fetch: (request) => globalThis.fetch(request),
  })
  client.use(manners(options))
  return client
}

/** CSRF and language on the way out, errors and the server's clock on the way back. */
function manners({ language, onServerTime, onSignedOut, onReach }: ClientOptions): Middleware {
  return {
    onRequest({ request }) {
      request.headers.set('Accept', 'application/json')
      if (language) request.headers.set('Accept-Language', language())
      if (UNSAFE.has(request.method)) request.headers.set('X-CSRFToken', csrfToken())
      return request
    },
    async onResponse({ response, schemaPath }) {
      onReach?.(true)
      const sentAt = Date.parse(response.headers.get('Date') ?? '')
      if (!Number.isNaN(sentAt)) onServerTime?.(sentAt)
      if (response.ok) return undefined
      if (response.status === 401 && schemaPath !== '/api/v1/session/') onSignedOut?.()
      throw await ApiError.of(response)
    },
    onError({ error }) {
      if (error instanceof Error && error.name === 'AbortError') return error
      onReach?.(false)
      return ApiError.network()
    },
  }
}

/** Django's double-submit token. Read at each request: signing in changes it. */
function csrfToken(): string {
  const found = document.cookie.split('; ').find((pair) => pair.startsWith('csrftoken='))
  return found ? decodeURIComponent(found.slice('csrftoken='.length)) : ''
}

/** The body of an answer that has one; a failed request has thrown before. */
export async function bodyOf<T>(answer: Promise<{ data?: T }>): Promise<T> {
  const { data } = await answer
  if (data === undefined) throw new ApiError(200, 'empty')
  return data
}
