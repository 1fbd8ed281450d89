import { useQuery, useQueryClient } from '@tanstack/vue-query'
import { computed } from 'vue'

import type { Run } from '@/shared/api'
import type { RunEvent } from '@/shared/live/protocol'
import { useLive } from '@/shared/live/useLive'

import { getRun } from './runs.api'
import { applyEvent } from './runs.cache'

/** One run, kept fresh while on screen. Without an id there is none. */
export function useRun(id: () => string) {
  const client = useQueryClient()
  const key = computed(() => ['run', id()] as const)
  const query = useQuery({
    queryKey: key,
    queryFn: ({ signal, queryKey }) => getRun(queryKey[1], signal),
    enabled: () => id() !== '',
    structuralSharing: (held, fetched) => {
      const [before, after] = [held as Run | undefined, fetched as Run]
      return before && before.event > after.event ? before : after
    },
  })

  useLive<RunEvent>(() => (id() ? `run:${id()}` : null), {
    onEvents(events) {
      client.setQueryData<Run>(key.value, (run) => run && events.reduce(applyEvent, run))
      void query.refetch() // an event says the state; exit code and message come with the run
    },
    onGap: () => void query.refetch(),
  })

  return { run: query.data, error: query.error, reload: () => query.refetch() }
}
