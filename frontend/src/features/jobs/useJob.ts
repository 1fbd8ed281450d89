import { useQuery, useQueryClient } from '@tanstack/vue-query'
import { computed } from 'vue'

import type { JobDetail } from '@/shared/api'
import { useChanges } from '@/shared/live/useChanges'

import { getJob } from './jobs.api'

/** One job with its definition, kept fresh while on screen. */
export function useJob(id: () => string) {
  const client = useQueryClient()
  const key = computed(() => ['job', id()] as const)
  const query = useQuery({
    queryKey: key,
    queryFn: ({ signal, queryKey }) => getJob(queryKey[1], signal),
  })
  const reload = () => query.refetch()

  useChanges({
    concerns: (change) => change.kind === 'job' && change.id === id(),
    onChanges: () => void reload(),
    onGap: () => void reload(),
  })

  /** Take what a save answered; an answer without the job is asked for. */
  function take(saved?: JobDetail): void {
    if (saved) client.setQueryData(['job', saved.id], saved)
    else void reload()
  }

  return { job: query.data, error: query.error, reload, take }
}
