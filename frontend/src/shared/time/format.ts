const formats = new Map<string, Intl.DateTimeFormat>()

/** Making a formatter costs a hundred times what using it does; a list uses it a thousand times. */
function formatter(locale: string, zone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${locale} ${zone} ${JSON.stringify(options)}`
  let found = formats.get(key)
  if (!found) {
    found = new Intl.DateTimeFormat(locale, { ...options, timeZone: zone || undefined, hourCycle: 'h23' })
    formats.set(key, found)
  }
  return found
}

const CLOCK = { hour: '2-digit', minute: '2-digit', second: '2-digit' } as const
const DAY = { month: 'short', day: 'numeric' } as const

/** As short as it stays clear: today the time alone, else day and time, the year if it is another. */
export function formatInstant(at: string, now: number, locale: string, zone: string): string {
  const day = (instant: number) =>
    formatter('en', zone, { year: 'numeric', month: '2-digit', day: '2-digit' }).format(instant)
  const instant = Date.parse(at)
  const [then, today] = [day(instant), day(now)]
  if (then === today) return formatter(locale, zone, CLOCK).format(instant)
  const isThisYear = then.slice(-4) === today.slice(-4)
  return formatter(locale, zone, { ...DAY, ...CLOCK, ...(isThisYear ? {} : { year: 'numeric' }) }).format(
    instant,
  )
}

/** The time of day with its milliseconds. at: ms since 1970. */
export function formatClock(at: number, locale: string, zone: string): string {
  return formatter(locale, zone, { ...CLOCK, fractionalSecondDigits: 3 }).format(at)
}

/** The whole truth, for a tooltip: weekday, date, milliseconds and zone. */
export function formatInstantFully(at: string, locale: string, zone: string): string {
  return formatter(locale, zone, {
    ...CLOCK,
    weekday: 'short',
    year: 'numeric',
    month: 'long',
    day: 'numeric',
    fractionalSecondDigits: 3,
    timeZoneName: 'short',
  }).format(Date.parse(at))
}

/** Units as they are written in the user's language, smallest first. */
export interface DurationUnits {
  ms: string
  s: string
  min: string
  h: string
  d: string
}

/** Two units at most, rounded down: a run of 59.9 s has not yet lasted a minute. ms: negative counts as 0. */
export function formatDuration(ms: number, units: DurationUnits): string {
  const part = (value: number, unit: string) => `${value}\u202f${unit}`
  ms = Math.max(0, Math.floor(ms))
  if (ms < 1000) return part(ms, units.ms)
  if (ms < 10_000) return part(Math.floor(ms / 100) / 10, units.s)
  const seconds = Math.floor(ms / 1000)
  const pairs: [number, string][] = [
    [Math.floor(seconds / 86_400), units.d],
    [Math.floor(seconds / 3600) % 24, units.h],
    [Math.floor(seconds / 60) % 60, units.min],
    [seconds % 60, units.s],
  ]
  const first = pairs.findIndex(([value]) => value > 0)
  return pairs
    .slice(first, first + 2)
    .filter(([value], index) => index === 0 || value > 0)
    .map(([value, unit]) => part(value, unit))
    .join(' ')
}
