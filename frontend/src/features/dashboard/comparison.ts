/** How a figure differs from an earlier one. by: how much, never negative. */
export interface Difference {
  direction: 'up' | 'down' | 'same'
  by: number
}

/** null where one of the two is not known: then there is nothing to compare. */
export function differenceOf(now: number | null, before: number | null): Difference | null {
  if (now === null || before === null) return null
  const change = now - before
  if (change === 0) return { direction: 'same', by: 0 }
  return { direction: change > 0 ? 'up' : 'down', by: Math.abs(change) }
}

/** Of a rate from 0 to 1, in percentage points with one decimal: what can't be seen is no difference. */
export function differenceOfRates(now: number | null, before: number | null): Difference | null {
  const points = (rate: number | null) => (rate === null ? null : Math.round(rate * 1000))
  const found = differenceOf(points(now), points(before))
  return found && { ...found, by: found.by / 10 }
}

/** Of durations, in whole percent of the earlier one; null where that was nothing. */
export function differenceInPercent(now: number | null, before: number | null): Difference | null {
  if (now === null || before === null || before === 0) return null
  return differenceOf(Math.round((now / before) * 100), 100)
}

export type Tone = 'good' | 'bad' | 'plain'

/** wanted: which way is the better one; null where neither is. */
export function toneOf(difference: Difference | null, wanted: 'up' | 'down' | null): Tone {
  if (!difference || difference.direction === 'same' || wanted === null) return 'plain'
  return difference.direction === wanted ? 'good' : 'bad'
}
