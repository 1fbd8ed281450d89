import type { Definition } from '../definition/definition'

/** A wait before another try, in seconds: from `least` to `most`. */
export interface Wait {
  least: number
  most: number
}

/**
 * The waits after each failure, but the last, of a run that fails every time. Exponential waits are drawn between
 * nothing and twice as much each time, so that runs that failed together don't return together.
 */
export function waitsOf(retry: Definition['retry']): Wait[] {
  const { strategy, max_attempts: attempts, base_seconds: base, cap_seconds: cap } = retry
  if (strategy === 'none' || !(base > 0)) return []
  return Array.from({ length: Math.max(0, Math.min(attempts, 100) - 1) }, (_, place) => {
    if (strategy === 'exponential') return { least: 0, most: Math.min(cap, base * 2 ** place) }
    const wait = Math.min(cap, strategy === 'linear' ? base * (place + 1) : base)
    return { least: wait, most: wait }
  })
}
