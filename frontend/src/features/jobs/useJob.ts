import { useQuery, useQueryClient } from '@tanstack/vue-query'
import { computed, ref, watch } from 'vue'

import type { JobDetail } from '@/shared/api'
import type { ChangeEvent, RunEvent } from '@/shared/live/protocol'
import { useChanges } from '@/shared/live/useChanges'
import { useLive } from '@/shared/live/useLive'

import { getJob, RECENT_OF_ONE } from './jobs.api'
import { withEvent } from './list/jobs.cache'

/** One job with its definition and its newest runs, kept fresh while on screen. */
export function useJob(id: () => string) {
  const client = useQueryClient()
  const key = computed(() => ['job', id()] as const)
  const query = useQuery({
    queryKey: key,
    queryFn: ({ signal, queryKey }) => getJob(queryKey[1], signal),
  })
  const reload = () => query.refetch()
  /** Who deleted it while we looked, if somebody did; empty when nobody knows who. */
  const deletedBy = ref<string | null>(null)
  watch(id, () => (deletedBy.value = null))

  function onChanges(changes: ChangeEvent[]): void {
    const deleted = changes.find(({ what }) => what === 'deleted')
    if (deleted) deletedBy.value = deleted.by
    else void reload()
  }

  useChanges({
    concerns: (change) => change.kind === 'job' && change.id === id(),
    onChanges,
    onGap: () => void reload(),
  })
  useLive<RunEvent>('runs', {
    onEvents(events) {
      const own = events.filter(({ job }) => job === id())
      if (own.length === 0) return
      client.setQueryData<JobDetail>(key.value, (job) => {
        if (!job) return job
        const before = job.recent_runs ?? []
        const after = own.reduce((runs, event) => withEvent(runs, event, RECENT_OF_ONE), before)
        return after === before ? job : { ...job, recent_runs: after }
      })
    },
    onGap: () => void reload(),
  })

  /** Take what a save answered, which comes without runs; when it isn't given, it is asked for. */
  function take(saved?: JobDetail): void {
    if (!saved) return void reload()
    client.setQueryData<JobDetail>(['job', saved.id], (held) => ({
      ...saved,
      recent_runs: saved.recent_runs ?? held?.recent_runs,
    }))
  }

  return { job: query.data, error: query.error, deletedBy, reload, take }
}
