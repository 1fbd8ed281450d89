import { useQuery, useQueryClient } from '@tanstack/vue-query'
import { computed, watch } from 'vue'

import type { Trigger } from '@/shared/api'
import { useChanges } from '@/shared/live/useChanges'
import { useNow } from '@/shared/time/clock'

import { listTriggers } from './triggers.api'

/** How long after its time a fire is on record; a beat may be busy. */
const PATIENCE_MS = 1_500

/** The triggers of a job. People's changes are announced; that one has fired is told by the clock. */
export function useTriggers(job: () => string) {
  const client = useQueryClient()
  const now = useNow()
  const key = computed(() => ['triggers', { job: job() }] as const)
  const query = useQuery({
    queryKey: key,
    queryFn: ({ signal, queryKey }) => listTriggers(queryKey[1].job, signal),
  })

  useChanges({
    concerns: (change) => change.kind === 'trigger' && change.job === job(),
    onChanges: () => void query.refetch(),
    onGap: () => void query.refetch(),
  })

  const next = computed(() =>
    Math.min(...(query.data.value ?? []).map(({ next_fire_at: at }) => (at ? Date.parse(at) : Infinity))),
  )
  const isPast = computed(() => now.value > next.value + PATIENCE_MS)
  watch([isPast, now], ([past]) => past && !query.isFetching.value && void query.refetch())

  /** What a change answered, before the announcement comes. */
  function take(trigger: Trigger): void {
    client.setQueryData<Trigger[]>(key.value, (rows) => {
      if (!rows) return rows
      const isKnown = rows.some(({ id }) => id === trigger.id)
      return isKnown ? rows.map((row) => (row.id === trigger.id ? trigger : row)) : [...rows, trigger]
    })
  }

  return { triggers: query.data, error: query.error, reload: () => query.refetch(), take, now }
}
