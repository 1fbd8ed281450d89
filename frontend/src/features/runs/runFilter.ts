import { computed } from 'vue'

import type { RunFilter } from '@/shared/runs/runs.api'
import { useSessionStore } from '@/shared/session/session.store'
import { serverNow } from '@/shared/time/clock'
import { instantOf, wallOf } from '@/shared/time/wall'
import { useUrlQuery } from '@/shared/url/useUrlQuery'

export const STATES = ['queued', 'running', 'succeeded', 'failed', 'cancelled', 'skipped'] as const
export const SOURCES = ['cron', 'interval', 'once', 'manual', 'api', 'rerun', 'trial'] as const
export const REASONS = [
  'exit_code',
  'signal',
  'timeout',
  'out_of_memory',
  'lost_executor',
  'executor_stopped',
  'cancelled',
  'not_started',
  'sql_error',
  'http_error',
  'unreachable',
  'platform_error',
  'missed',
  'refused',
  'job_deleted',
] as const
export const PERIODS = ['today', 'day', 'week'] as const
export type Period = (typeof PERIODS)[number]

const HOUR_MS = 3_600_000
const ID = /^[0-9a-f-]{36}$/i

/** The values that we know, in our order; an address may hold anything. */
export function known<T extends string>(all: readonly T[], given: readonly string[]): T[] {
  return all.filter((one) => given.includes(one))
}

/**
 * When a period began, to the minute: else each look at the filter would be a new question. Today begins at midnight
 * by the clocks of the zone. now: in ms since 1970.
 */
export function beginOf(period: Period, now: number, zone: string): string {
  const minute = Math.floor(now / 60_000) * 60_000
  const day = wallOf(new Date(now).toISOString(), zone).slice(0, 10)
  const midnight = Date.parse(instantOf(`${day}T00:00:00`, zone))
  const at = { today: midnight, day: minute - 24 * HOUR_MS, week: minute - 7 * 24 * HOUR_MS }[period]
  return new Date(at).toISOString()
}

/** The filter of the list of runs, as the page's address holds it. */
export function useRunFilter() {
  const { text, list, change, clear } = useUrlQuery()
  const session = useSessionStore()
  const zone = computed(() => session.timeZone)
  const [states, sources, reasons, jobs] = [list('state'), list('source'), list('reason'), list('job')]
  const [period, from, to, search, mine] = [
    text('period'),
    text('from'),
    text('to'),
    text('search'),
    text('mine'),
  ]

  const filter = computed<RunFilter>(() => {
    const [state, source, exit_reason] = [
      known(STATES, states.value),
      known(SOURCES, sources.value),
      known(REASONS, reasons.value),
    ]
    const job = jobs.value.find((id) => ID.test(id))
    const preset = PERIODS.find((one) => one === period.value)
    const after = preset ? beginOf(preset, serverNow(), zone.value) : isoOf(from.value)
    const before = preset ? null : isoOf(to.value)
    return {
      ...(state.length > 0 && { state }),
      ...(source.length > 0 && { source }),
      ...(exit_reason.length > 0 && { exit_reason }),
      ...(job && { job }),
      ...(mine.value === 'yes' && { mine: true }),
      ...(after && { queued_after: after }),
      ...(before && { queued_before: before }),
      ...(search.value && { search: search.value.slice(0, 100) }),
    }
  })

  return { filter, states, sources, reasons, jobs, period, from, to, search, mine, zone, change, clear }
}

function isoOf(text: string): string | null {
  const at = Date.parse(text)
  return Number.isNaN(at) ? null : new Date(at).toISOString()
}
