import { describe, expect, it } from 'vitest'

import type { Trigger } from '@/shared/api'

import { changeOf, draftOf, newDraft, scheduleOf, unitOf } from './triggerDraft'

const trigger = (facts: Partial<Trigger>): Trigger => ({
  id: '1',
  job: { id: '2', name: 'Load sales', kind: 'python' },
  name: 'nightly',
  kind: 'cron',
  expression: '0 9 * * MON-FRI',
  interval_seconds: null,
  once_at: null,
  zone: 'Europe/Berlin',
  start_at: null,
  end_at: null,
  params: { limit: 5 },
  misfire: 'skip',
  is_paused: false,
  is_muted: false,
  next_fire_at: null,
  last_fire_at: null,
  words: '',
  created_by: 'ada',
  created_at: '2026-01-01T00:00:00Z',
  updated_at: '2026-01-01T00:00:00Z',
  ...facts,
})

describe('a trigger that is opened and saved', () => {
  it.each<[string, Partial<Trigger>]>([
    ['cron', {}],
    ['an interval', { kind: 'interval', expression: '', interval_seconds: 5400 }],
    ['once', { kind: 'once', expression: '', once_at: '2026-10-25T02:30:00+02:00' }],
    ['within a time', { start_at: '2026-06-01T00:00:00+02:00', end_at: '2026-12-31T23:59:59+01:00' }],
  ])('as %s stays as it was', (_name, facts) => {
    const given = trigger(facts)
    expect(trigger(changeOf(draftOf(given)) as Partial<Trigger>)).toEqual(given)
  })
})

describe('what is sent', () => {
  it('leaves out what belongs to another kind', () => {
    const draft = {
      ...newDraft('UTC'),
      kind: 'interval' as const,
      expression: 'nonsense',
      onceAt: '2026-01-01T00:00',
    }
    expect(scheduleOf(draft)).toMatchObject({ expression: '', once_at: null, interval_seconds: 300 })
  })

  it('means times by the clock of the zone that is chosen', () => {
    const draft = { ...newDraft('Asia/Shanghai'), startAt: '2026-06-01T08:00' }
    expect(scheduleOf(draft).start_at).toBe('2026-06-01T08:00:00+08:00')
    expect(scheduleOf({ ...draft, zone: 'UTC' }).start_at).toBe('2026-06-01T08:00:00+00:00')
  })

  it.each([
    ['', null],
    ['soon', null],
    ['1.5', 90],
    ['0', 0],
  ])('takes %j minutes for %j seconds', (every, seconds) => {
    expect(scheduleOf({ ...newDraft('UTC'), kind: 'interval', every }).interval_seconds).toBe(seconds)
  })
})

it.each([
  [1, 'seconds'],
  [90, 'seconds'],
  [120, 'minutes'],
  [7200, 'hours'],
  [86_400, 'days'],
  [0, 'seconds'],
] as const)('%d seconds are written in %s', (seconds, unit) => {
  expect(unitOf(seconds)).toBe(unit)
})
