import { shallowRef } from 'vue'

/** Why there is an error in a page's place. `unloaded`: its code didn't arrive. */
export interface PageFailure {
  kind: 'unexpected' | 'unloaded'
  error: unknown
  /** Where it was to lead, or where it happened. */
  address: string
  at: Date
}

/** What keeps the page that was asked for last from being shown; the router writes it. */
export const routeFailure = shallowRef<PageFailure | null>(null)

/** How browsers call a script or a style of a page that doesn't come: there is no other mark. */
const UNLOADED = /dynamically imported module|module script|preload CSS/i

export function failureOf(error: unknown, address: string): PageFailure {
  const kind = error instanceof Error && UNLOADED.test(error.message) ? 'unloaded' : 'unexpected'
  return { kind, error, address, at: new Date() }
}

/** What Vue calls the places whose errors leave a page half drawn: words, or in production the end of an address. */
const BREAKING = new Set(['setup function', 'render function', 'component update', '0', '1', '15'])

/** Whether an error at this place, as Vue names it, leaves nothing that can be shown. */
export function breaksPage(info: string): boolean {
  return BREAKING.has(info.split('#runtime-').at(-1)!)
}

/** For whoever mends it: plain text, without anything that the person has typed. */
export function detailsOf({ kind, error, address, at }: PageFailure): string {
  const [path] = address.split(/[?#]/)
  const stack = error instanceof Error ? (error.stack ?? String(error)) : String(error)
  return [`${kind} ${at.toISOString()}`, path, navigator.userAgent, import.meta.url, stack].join('\n')
}
