import { keepPreviousData, useQuery } from '@tanstack/vue-query'
import { computed } from 'vue'

import type { Run } from '@/shared/api'

import { getNeighbours } from './runPage.api'

/** The runs of the same job before and after one. A newer one is looked for again each time the page is come to. */
export function useNeighbours(run: () => Run) {
  const { data } = useQuery({
    queryKey: computed(() => ['run', run().id, 'neighbours'] as const),
    queryFn: ({ signal }) => getNeighbours(run(), signal),
    placeholderData: keepPreviousData,
  })
  return {
    before: computed(() => data.value?.before ?? null),
    after: computed(() => data.value?.after ?? null),
  }
}
