/**
 * What the builder shows of a cron expression. Each plan is one of the shapes people think in; `custom` is the fields
 * themselves. `planOf` and `expressionOf` are each other's reverse: a plan that is written and read is the same plan.
 */
export type CronPlan =
  /** Every n-th second, or minute, of the whole minute, or hour. */
  | { shape: 'seconds' | 'minutes'; every: number }
  | { shape: 'hourly'; every: number; minute: number; second: number }
  | ({ shape: 'daily' } & Clock)
  /** weekdays: Sunday is 0; ascending. */
  | ({ shape: 'weekly'; weekdays: readonly number[] } & Clock)
  /** days: of the month, ascending; `hasLast`: the last day of the month, too. */
  | ({ shape: 'monthly'; days: readonly number[]; hasLast: boolean } & Clock)
  | { shape: 'custom'; fields: CronFields }

export type CronShape = CronPlan['shape']

interface Clock {
  hour: number
  minute: number
  second: number
}

export const FIELD_NAMES = ['second', 'minute', 'hour', 'day', 'month', 'weekday'] as const
export type CronFields = Record<(typeof FIELD_NAMES)[number], string>

export const SHAPES: readonly CronShape[] = [
  'seconds',
  'minutes',
  'hourly',
  'daily',
  'weekly',
  'monthly',
  'custom',
]

/** What "every n" can mean: only what divides the whole comes at even distances. */
export const EVERY = {
  seconds: divisorsOf(60),
  minutes: divisorsOf(60),
  hourly: divisorsOf(24),
} as const

const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT']
const MACROS: Record<string, string> = {
  '@HOURLY': '0 * * * *',
  '@DAILY': '0 0 * * *',
  '@MIDNIGHT': '0 0 * * *',
  '@WEEKLY': '0 0 * * 0',
  '@MONTHLY': '0 0 1 * *',
}

function divisorsOf(whole: number): number[] {
  return Array.from({ length: whole / 2 }, (_, index) => index + 1).filter((one) => whole % one === 0)
}

/** The parts of an expression of five or six fields; null for any other text. Without seconds they are 0. */
export function fieldsOf(expression: string): CronFields | null {
  const text = expression
    .normalize('NFKC')
    .trim()
    .toUpperCase()
    .replace(/\s*,\s*/g, ',')
  const parts = (MACROS[text] ?? text).split(/\s+/)
  const [second, minute, hour, day, month, weekday] = parts.length === 5 ? ['0', ...parts] : parts
  if (parts.length < 5 || parts.length > 6) return null
  return { second: second!, minute: minute!, hour: hour!, day: day!, month: month!, weekday: weekday! }
}

/** The plan that says the same as the expression; null where the builder has no way to show it. */
export function planOf(expression: string): CronPlan | null {
  const fields = fieldsOf(expression)
  return fields && (shapeOf(fields) ?? { shape: 'custom', fields })
}

function shapeOf({ second, minute, hour, day, month, weekday }: CronFields): CronPlan | null {
  if (!isAny(month)) return null
  const isEveryDay = isAny(day) && isAny(weekday)
  const everySecond = stepOf(second, 60)
  if (everySecond !== null && isEveryDay && minute === '*' && hour === '*') {
    return { shape: 'seconds', every: everySecond }
  }
  const at = numberOf(second, 0, 59)
  if (at === null) return null
  const everyMinute = stepOf(minute, 60)
  if (everyMinute !== null && isEveryDay && hour === '*') {
    return at === 0 ? { shape: 'minutes', every: everyMinute } : null
  }
  const onMinute = numberOf(minute, 0, 59)
  if (onMinute === null) return null
  const everyHour = stepOf(hour, 24)
  if (everyHour !== null) {
    return isEveryDay ? { shape: 'hourly', every: everyHour, minute: onMinute, second: at } : null
  }
  const onHour = numberOf(hour, 0, 23)
  if (onHour === null) return null
  const clock = { hour: onHour, minute: onMinute, second: at }
  if (isEveryDay) return { shape: 'daily', ...clock }
  if (isAny(day)) {
    const weekdays = listOf(weekday, 0, 7, WEEKDAYS)?.map((one) => one % 7)
    return weekdays ? { shape: 'weekly', weekdays: ascending(weekdays), ...clock } : null
  }
  if (!isAny(weekday)) return null
  const items = day.split(',')
  const numbered = items.filter((item) => item !== 'L')
  const days = numbered.length > 0 ? listOf(numbered.join(','), 1, 31) : []
  return days ? { shape: 'monthly', days: ascending(days), hasLast: items.includes('L'), ...clock } : null
}

/** The plan as an expression: five fields, six where seconds matter. */
export function expressionOf(plan: CronPlan): string {
  switch (plan.shape) {
    case 'seconds':
      return `${stepped(plan.every)} * * * * *`
    case 'minutes':
      return `${stepped(plan.every)} * * * *`
    case 'hourly':
      return timed(plan.second, `${plan.minute} ${stepped(plan.every)} * * *`)
    case 'daily':
      return timed(plan.second, `${plan.minute} ${plan.hour} * * *`)
    case 'weekly':
      return timed(plan.second, `${plan.minute} ${plan.hour} * * ${weekdaysText(plan.weekdays)}`)
    case 'monthly': {
      const days = [
        ...runsOf(plan.days).map(([first, last]) => ranged(first, last)),
        ...(plan.hasLast ? ['L'] : []),
      ]
      return timed(plan.second, `${plan.minute} ${plan.hour} ${days.join(',') || '*'} * *`)
    }
    case 'custom': {
      const { second, ...rest } = plan.fields
      return timed(
        second,
        FIELD_NAMES.slice(1)
          .map((name) => rest[name as keyof typeof rest].trim() || '*')
          .join(' '),
      )
    }
  }
}

/** The same plan in another shape, keeping what both have; what only the new one has gets a sensible start. */
export function reshaped(plan: CronPlan | null, shape: CronShape): CronPlan {
  const held = (plan ?? {}) as Partial<Clock & { every: number }>
  const clock = { hour: held.hour ?? 9, minute: held.minute ?? 0, second: held.second ?? 0 }
  const every = (whole: readonly number[], usual: number) =>
    held.every !== undefined && whole.includes(held.every) ? held.every : usual
  switch (shape) {
    case 'seconds':
      return { shape, every: every(EVERY.seconds, 30) }
    case 'minutes':
      return { shape, every: every(EVERY.minutes, 5) }
    case 'hourly':
      return { shape, every: every(EVERY.hourly, 1), minute: clock.minute, second: clock.second }
    case 'daily':
      return { shape, ...clock }
    case 'weekly':
      return { shape, weekdays: [1, 2, 3, 4, 5], ...clock }
    case 'monthly':
      return { shape, days: [1], hasLast: false, ...clock }
    case 'custom':
      return { shape, fields: fieldsOf(plan ? expressionOf(plan) : '0 9 * * *')! }
  }
}

function isAny(text: string): boolean {
  return text === '*' || text === '?'
}

/** n of "*" (1), or of a step that goes evenly round the whole. */
function stepOf(text: string, whole: number): number | null {
  if (text === '*') return 1
  const found = /^(?:\*|0)\/(\d+)$/.exec(text)
  const step = Number(found?.[1])
  return found && step < whole && whole % step === 0 ? step : null
}

function numberOf(text: string, low: number, high: number, names: readonly string[] = []): number | null {
  const named = names.indexOf(text)
  if (named >= 0) return named
  const number = /^\d+$/.test(text) ? Number(text) : NaN
  return number >= low && number <= high ? number : null
}

/** The numbers of a list of numbers and plain ranges; null for anything else. */
function listOf(text: string, low: number, high: number, names: readonly string[] = []): number[] | null {
  const found: number[] = []
  for (const item of text.split(',')) {
    const ends = item.split('-')
    const first = numberOf(ends[0]!, low, high, names)
    let last = ends.length > 1 ? numberOf(ends[1]!, low, high, names) : first
    if (ends.length > 2 || first === null || last === null) return null
    if (last < first) {
      if (names.length === 0) return null
      last += 7 // from Friday to Monday
    }
    for (let one = first; one <= last; one += 1) found.push(one)
  }
  return found
}

function ascending(numbers: readonly number[]): number[] {
  return [...new Set(numbers)].sort((a, b) => a - b)
}

function stepped(every: number): string {
  return every === 1 ? '*' : `*/${every}`
}

function timed(second: number | string, rest: string): string {
  return String(second).trim() === '0' || String(second).trim() === '' ? rest : `${second} ${rest}`
}

/** [first, last] of each row of neighbours. */
function runsOf(numbers: readonly number[]): [number, number][] {
  const runs: [number, number][] = []
  for (const number of numbers) {
    const run = runs[runs.length - 1]
    if (run && run[1] === number - 1) run[1] = number
    else runs.push([number, number])
  }
  return runs
}

function ranged(first: number, last: number): string {
  if (first === last) return String(first)
  return last === first + 1 ? `${first},${last}` : `${first}-${last}`
}

/** With names, from Monday on: numbers of weekdays mean another day in some schedulers. */
function weekdaysText(weekdays: readonly number[]): string {
  const name = (number: number) => WEEKDAYS[number % 7]!
  const week = ascending(weekdays.map((one) => one || 7))
  if (week.length === 0 || week.length === 7) return '*'
  return runsOf(week)
    .map(([first, last]) =>
      last - first < 2
        ? Array.from({ length: last - first + 1 }, (_, index) => name(first + index)).join(',')
        : `${name(first)}-${name(last)}`,
    )
    .join(',')
}
