import { STACK, type StateBucket } from '@/shared/charts/options'

import type { Hour } from './dashboard.api'

/** The hours as a chart wants them, named in the zone whose hours they are. */
export function bucketsOf(hours: readonly Hour[], locale: string, zone: string): StateBucket[] {
  const clock = new Intl.DateTimeFormat(locale, {
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZone: zone,
  })
  const full = new Intl.DateTimeFormat(locale, {
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZone: zone,
  })
  return hours.map((hour) => {
    const start = Date.parse(hour.start)
    const title = full.formatRange(start, start + 3_600_000)
    return { ...hour, label: clock.format(start), title }
  })
}

/** How many runs ended in the hours, by state, without those of which there were none. */
export function totalsOf(hours: readonly Hour[]): [(typeof STACK)[number], number][] {
  const totals = STACK.map((state): [(typeof STACK)[number], number] => [
    state,
    hours.reduce((sum, hour) => sum + hour[state], 0),
  ])
  return totals.filter(([, count]) => count > 0)
}
