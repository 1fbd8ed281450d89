import type { Run } from '@/shared/api'

/** Those that ended after the notices were read last. readAt: null when they never were. */
export function unread(runs: readonly Run[], readAt: string | null): Run[] {
  const since = readAt === null ? -Infinity : Date.parse(readAt)
  return runs.filter(({ finished_at: at }) => at !== null && Date.parse(at) > since)
}

/** When the newest of them ended; null when there are none. */
export function newestEnd(runs: readonly Run[]): string | null {
  const ends = runs.map(({ finished_at: at }) => at).filter((at): at is string => at !== null)
  return ends.reduce<string | null>(
    (newest, at) => (newest === null || Date.parse(at) > Date.parse(newest) ? at : newest),
    null,
  )
}
