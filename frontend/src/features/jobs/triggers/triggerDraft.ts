import type { Trigger } from '@/shared/api'
import type { Values } from '@/shared/forms/paramFields'
import { instantOf, wallOf } from '@/shared/time/wall'

import type { Schedule, TriggerChange } from './triggers.api'

export const UNITS = { seconds: 1, minutes: 60, hours: 3600, days: 86_400 } as const
export type Unit = keyof typeof UNITS

/** A trigger as a form holds it. Times are those of a clock on the wall of its zone, empty for none. */
export interface TriggerDraft {
  name: string
  kind: Trigger['kind']
  expression: string
  /** As typed, in units. */
  every: string
  unit: Unit
  onceAt: string
  zone: string
  startAt: string
  endAt: string
  params: Values
  misfire: Trigger['misfire']
}

export function newDraft(zone: string): TriggerDraft {
  return {
    name: '',
    kind: 'cron',
    expression: '0 9 * * *',
    every: '5',
    unit: 'minutes',
    onceAt: '',
    zone,
    startAt: '',
    endAt: '',
    params: {},
    misfire: 'once',
  }
}

export function draftOf(trigger: Trigger): TriggerDraft {
  const { zone } = trigger
  const seconds = trigger.interval_seconds
  const unit = seconds === null ? 'minutes' : unitOf(seconds)
  const wall = (instant: string | null) => (instant ? wallOf(instant, zone) : '')
  return {
    ...newDraft(zone),
    name: trigger.name,
    kind: trigger.kind,
    ...(trigger.kind === 'cron' && { expression: trigger.expression }),
    ...(seconds !== null && { every: String(seconds / UNITS[unit]), unit }),
    onceAt: wall(trigger.once_at),
    startAt: wall(trigger.start_at),
    endAt: wall(trigger.end_at),
    params: trigger.params as Values,
    misfire: trigger.misfire,
  }
}

/** The largest unit that gives a whole number. */
export function unitOf(seconds: number): Unit {
  const fits = (Object.keys(UNITS) as Unit[]).filter((unit) => seconds > 0 && seconds % UNITS[unit] === 0)
  return fits[fits.length - 1] ?? 'seconds'
}

/** What the server is asked to preview. What doesn't belong to the kind is left out, so that it is not judged. */
export function scheduleOf(draft: TriggerDraft): Schedule {
  const { kind, zone } = draft
  const instant = (wall: string) => (wall ? instantOf(wall, zone) : null)
  const window = { start_at: instant(draft.startAt), end_at: instant(draft.endAt) }
  switch (kind) {
    case 'cron':
      return { kind, zone, expression: draft.expression, interval_seconds: null, once_at: null, ...window }
    case 'interval':
      return { kind, zone, expression: '', interval_seconds: secondsOf(draft), once_at: null, ...window }
    case 'once':
      return { kind, zone, expression: '', interval_seconds: null, once_at: instant(draft.onceAt), ...window }
  }
}

/** null for what is no number: the server says what it needs instead. */
function secondsOf({ every, unit }: TriggerDraft): number | null {
  const count = Number(every)
  return every.trim() === '' || !Number.isFinite(count) ? null : Math.round(count * UNITS[unit])
}

export function changeOf(draft: TriggerDraft): TriggerChange {
  return {
    ...scheduleOf(draft),
    name: draft.name.trim(),
    params: draft.params,
    misfire: draft.misfire,
  }
}
