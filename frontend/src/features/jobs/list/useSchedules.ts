import { useQueries, useQueryClient } from '@tanstack/vue-query'
import { computed, onScopeDispose, watch } from 'vue'

import type { Job, Trigger } from '@/shared/api'
import { useChanges } from '@/shared/live/useChanges'
import { serverNow } from '@/shared/time/clock'

import { triggersOf } from '../jobs.api'

/** Rows are asked for in stretches, so that scrolling to and fro asks for nothing twice. */
const STRETCH = 50
/** After a fire the server needs a moment to say which is next; and fires of each second aren't followed one by one. */
const AFTER_FIRE_MS = 2_000
const LEAST_WAIT_MS = 5_000

export interface Schedule {
  triggers: Trigger[]
  /** The first fire of all; null when there is none. */
  next: string | null
}

/** The triggers of the jobs in sight, by the job's id; a job that isn't there has not been asked for yet. */
export function useSchedules(rows: () => readonly Job[], sight: () => readonly [number, number]) {
  const client = useQueryClient()

  const stretches = computed(() => {
    const [first, last] = sight()
    const held = rows()
    const found: string[][] = []
    for (let at = Math.floor(first / STRETCH) * STRETCH; at <= last && at < held.length; at += STRETCH) {
      found.push(held.slice(at, at + STRETCH).map(({ id }) => id))
    }
    return found
  })
  const answers = useQueries({
    queries: computed(() =>
      stretches.value.map((ids) => ({
        queryKey: ['schedules', ids] as const,
        queryFn: ({ signal }: { signal: AbortSignal }) => triggersOf(ids, signal),
        staleTime: 60_000,
      })),
    ),
    shallow: true,
  })

  const schedules = computed(() => {
    const found = new Map<string, Schedule>()
    answers.value.forEach(({ data }, place) => {
      if (!data) return
      for (const id of stretches.value[place] ?? []) found.set(id, { triggers: [], next: null })
      for (const trigger of data) {
        const schedule = found.get(trigger.job.id)
        if (!schedule) continue
        schedule.triggers.push(trigger)
        const at = trigger.next_fire_at
        if (at && (!schedule.next || at < schedule.next)) schedule.next = at
      }
    })
    return found
  })

  function refresh(concerned?: ReadonlySet<string>): void {
    void client.invalidateQueries({
      queryKey: ['schedules'],
      predicate: ({ queryKey }) => !concerned || (queryKey[1] as string[]).some((id) => concerned.has(id)),
    })
  }

  // What has fired fires again at another time.
  let timer: ReturnType<typeof setTimeout> | undefined
  watch(schedules, (now) => {
    clearTimeout(timer)
    const soonest = Math.min(...[...now.values()].flatMap(({ next }) => (next ? [Date.parse(next)] : [])))
    if (!Number.isFinite(soonest)) return
    const wait = Math.max(LEAST_WAIT_MS, soonest + AFTER_FIRE_MS - serverNow())
    timer = setTimeout(() => refresh(), Math.min(wait, 2 ** 31 - 1))
  })
  onScopeDispose(() => clearTimeout(timer))

  useChanges({
    concerns: ({ kind }) => kind === 'trigger',
    onChanges: (changes) => refresh(new Set(changes.map(({ job }) => job ?? ''))),
    onGap: () => refresh(),
  })

  return schedules
}
