import { useQuery } from '@tanstack/vue-query'
import { computed } from 'vue'

import type { Run } from '@/shared/api'

import { getHistory } from './runPage.api'

/** What a run went through. Each change of the run makes it ask again; meanwhile the last answer stays. */
export function useHistory(run: () => Run) {
  const query = useQuery({
    queryKey: computed(() => ['run', run().id, 'history', run().event] as const),
    queryFn: ({ signal, queryKey }) => getHistory(queryKey[1], signal),
    placeholderData: (held, before) => (before?.queryKey[1] === run().id ? held : undefined),
  })
  return {
    attempts: computed(() => query.data.value?.attempts ?? []),
    events: computed(() => query.data.value?.events ?? []),
    isLoaded: computed(() => query.data.value !== undefined),
    error: query.error,
    reload: () => query.refetch(),
  }
}
