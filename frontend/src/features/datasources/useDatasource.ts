import { useQuery, useQueryClient } from '@tanstack/vue-query'
import { computed, shallowRef } from 'vue'

import type { ChangeEvent } from '@/shared/live/protocol'
import { useChanges } from '@/shared/live/useChanges'

import { getDatasource, type Datasource } from './datasources.api'

/** One datasource, kept fresh while on screen; none while `id` is undefined. */
export function useDatasource(id: () => string | undefined) {
  const client = useQueryClient()
  const query = useQuery({
    queryKey: computed(() => ['datasource', id() ?? ''] as const),
    queryFn: ({ signal, queryKey }) => getDatasource(queryKey[1], signal),
    enabled: () => id() !== undefined,
  })
  const last = shallowRef<ChangeEvent | null>(null)
  /** What was heard last about it from elsewhere. */
  const heard = computed(() => (last.value?.id === id() ? last.value : null))

  const reload = async () => void (id() && (await query.refetch()))
  useChanges({
    concerns: (change) => change.kind === 'datasource' && change.id === id(),
    onChanges(changes) {
      last.value = changes.at(-1)!
      if (last.value.what !== 'deleted') void reload()
    },
    onGap: () => void reload(),
  })

  /** Take what a save has answered. */
  function take(saved: Datasource): void {
    client.setQueryData(['datasource', saved.id], saved)
  }

  return { stored: query.data, error: query.error, heard, reload, take }
}
