/** Days that a token may live, as they are offered. The longest is what the server takes at most. */
export const LIFETIMES = [7, 30, 90, 180, 366] as const

export const DEFAULT_LIFETIME = 90
const SOON_DAYS = 7
const DAY_MS = 86_400_000

export type Standing = 'good' | 'soon' | 'expired'

/** How a token stands that expires then. now: ms since 1970. */
export function standingOf(expiresAt: string, now: number): Standing {
  const left = Date.parse(expiresAt) - now
  if (left <= 0) return 'expired'
  return left <= SOON_DAYS * DAY_MS ? 'soon' : 'good'
}

/** When a token expires that is made now. */
export function expiryOf(days: number, now: number): string {
  return new Date(now + days * DAY_MS).toISOString()
}

/** A command that shows the token at work. origin: the page's own. */
export function exampleOf(key: string, origin: string): string {
  return `curl -H "Authorization: Token ${key}" ${origin}/api/v1/jobs/`
}
