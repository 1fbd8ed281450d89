import { describe, expect, it } from 'vitest'

import { EVERY, expressionOf, fieldsOf, planOf, reshaped, SHAPES, type CronPlan } from './cronPlan'

const clock = (hour: number, minute = 0, second = 0) => ({ hour, minute, second })

describe('an expression is read as', () => {
  it.each<[string, CronPlan, string?]>([
    // what is written again the same way …
    ['* * * * * *', { shape: 'seconds', every: 1 }],
    ['*/5 * * * * *', { shape: 'seconds', every: 5 }],
    ['* * * * *', { shape: 'minutes', every: 1 }],
    ['*/15 * * * *', { shape: 'minutes', every: 15 }],
    ['0 * * * *', { shape: 'hourly', every: 1, minute: 0, second: 0 }],
    ['30 */6 * * *', { shape: 'hourly', every: 6, minute: 30, second: 0 }],
    ['15 30 * * * *', { shape: 'hourly', every: 1, minute: 30, second: 15 }],
    ['0 9 * * *', { shape: 'daily', ...clock(9) }],
    ['59 59 23 * * *', { shape: 'daily', ...clock(23, 59, 59) }],
    ['0 9 * * MON-FRI', { shape: 'weekly', weekdays: [1, 2, 3, 4, 5], ...clock(9) }],
    ['5 18 * * SAT,SUN', { shape: 'weekly', weekdays: [0, 6], ...clock(18, 5) }],
    ['0 9 * * MON,WED,FRI', { shape: 'weekly', weekdays: [1, 3, 5], ...clock(9) }],
    ['0 9 1 * *', { shape: 'monthly', days: [1], hasLast: false, ...clock(9) }],
    ['0 9 1,15,L * *', { shape: 'monthly', days: [1, 15], hasLast: true, ...clock(9) }],
    ['0 18 L * *', { shape: 'monthly', days: [], hasLast: true, ...clock(18) }],
    ['0 9 1-5 * *', { shape: 'monthly', days: [1, 2, 3, 4, 5], hasLast: false, ...clock(9) }],
    // … and what means the same and is written more simply
    ['@hourly', { shape: 'hourly', every: 1, minute: 0, second: 0 }, '0 * * * *'],
    ['@daily', { shape: 'daily', ...clock(0) }, '0 0 * * *'],
    ['@weekly', { shape: 'weekly', weekdays: [0], ...clock(0) }, '0 0 * * SUN'],
    ['@monthly', { shape: 'monthly', days: [1], hasLast: false, ...clock(0) }, '0 0 1 * *'],
    ['  0   9 * * mon-fri ', { shape: 'weekly', weekdays: [1, 2, 3, 4, 5], ...clock(9) }, '0 9 * * MON-FRI'],
    ['0 0 9 * * *', { shape: 'daily', ...clock(9) }, '0 9 * * *'],
    ['0 9 * * 1-5', { shape: 'weekly', weekdays: [1, 2, 3, 4, 5], ...clock(9) }, '0 9 * * MON-FRI'],
    ['0 9 * * 5-7', { shape: 'weekly', weekdays: [0, 5, 6], ...clock(9) }, '0 9 * * FRI-SUN'],
    ['0 9 * * FRI-MON', { shape: 'weekly', weekdays: [0, 1, 5, 6], ...clock(9) }, '0 9 * * MON,FRI-SUN'],
    ['0 9 ? * 0,7', { shape: 'weekly', weekdays: [0], ...clock(9) }, '0 9 * * SUN'],
    ['0/20 * * * *', { shape: 'minutes', every: 20 }, '*/20 * * * *'],
    ['0 9 1 , 2 * *', { shape: 'monthly', days: [1, 2], hasLast: false, ...clock(9) }, '0 9 1,2 * *'],
    ['０ ９ ＊ ＊ ＊', { shape: 'daily', ...clock(9) }, '0 9 * * *'],
  ])('%s', (expression, plan, simpler = expression) => {
    expect(planOf(expression)).toEqual(plan)
    expect(expressionOf(plan)).toBe(simpler)
  })
})

describe('an expression with a shape of its own', () => {
  it.each([
    '*/7 * * * *', // not at even distances
    '2/5 * * * *',
    '0,30 * * * *',
    '0 9-17 * * *',
    '0 */5 * * *',
    '0 9,18 * * *',
    '0 9 * 6 *',
    '0 9 1 * MON',
    '0 9 * * MON#2',
    '0 9 * * 5L',
    '0 9 1-10/2 * *',
    '*/10 9 * * *',
    '5 */10 * * * *',
    '*/5 0 * * * *',
    '0 99 * * *', // wrong, and the server's to explain
    '0 9 * * XYZ',
    '0 9 31-1 * *',
  ])('%s is shown field by field, and stays as it is', (expression) => {
    const plan = planOf(expression)
    expect(plan?.shape).toBe('custom')
    expect(expressionOf(plan!)).toBe(expression)
  })

  it.each(['', '* * *', '1 2 3 4 5 6 7', '@yearly', '@every 5m', 'every day'])(
    '%j is not shown at all',
    (text) => {
      expect(planOf(text)).toBeNull()
      expect(fieldsOf(text)).toBeNull()
    },
  )
})

describe('a plan', () => {
  const plans: CronPlan[] = [
    ...EVERY.seconds.map((every) => ({ shape: 'seconds', every }) as const),
    ...EVERY.minutes.map((every) => ({ shape: 'minutes', every }) as const),
    ...EVERY.hourly.map((every) => ({ shape: 'hourly', every, minute: 59, second: 1 }) as const),
    ...[0, 23].map((hour) => ({ shape: 'daily', ...clock(hour) }) as const),
    // Every set of weekdays but none and all, which say nothing.
    ...Array.from({ length: 126 }, (_, set) => {
      const weekdays = [0, 1, 2, 3, 4, 5, 6].filter((day) => (set + 1) & (1 << day))
      return { shape: 'weekly', weekdays, ...clock(9) } as const
    }),
    ...[[1], [31], [1, 2], [1, 2, 3], [1, 3, 4, 5, 31]].flatMap((days) =>
      [true, false].map((hasLast) => ({ shape: 'monthly', days, hasLast, ...clock(9, 30, 15) }) as const),
    ),
  ]

  it('that is written and read again is the same plan', () => {
    for (const plan of plans) expect(planOf(expressionOf(plan)), expressionOf(plan)).toEqual(plan)
  })

  it('keeps what it can in another shape', () => {
    for (const plan of plans) {
      for (const shape of SHAPES) {
        const other = reshaped(plan, shape)
        expect(other.shape).toBe(shape)
        if ('hour' in plan && 'hour' in other) expect(other.hour).toBe(plan.hour)
        if ('minute' in plan && 'minute' in other) expect(other.minute).toBe(plan.minute)
        if (shape === 'custom') expect(expressionOf(other)).toBe(expressionOf(plan))
        else expect(planOf(expressionOf(other))?.shape).toBe(shape)
      }
    }
  })

  it('that chooses no weekday or no day is every day, rather than no expression', () => {
    expect(expressionOf({ shape: 'weekly', weekdays: [], ...clock(9) })).toBe('0 9 * * *')
    expect(expressionOf({ shape: 'monthly', days: [], hasLast: false, ...clock(9) })).toBe('0 9 * * *')
  })

  it('of fields takes an empty one for every value', () => {
    const fields = { second: '', minute: '5', hour: ' ', day: '', month: '', weekday: '' }
    expect(expressionOf({ shape: 'custom', fields })).toBe('5 * * * *')
  })
})
