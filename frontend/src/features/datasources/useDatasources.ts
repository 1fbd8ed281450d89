import { keepPreviousData, useInfiniteQuery } from '@tanstack/vue-query'
import { computed } from 'vue'

import { useChanges } from '@/shared/live/useChanges'
import { cursorOf } from '@/shared/runs/runs.api'

import { listDatasources, type DatasourceFilter } from './datasources.api'

/** The datasources that match a filter, by name, kept fresh while on screen. */
export function useDatasources(filter: () => DatasourceFilter) {
  const query = useInfiniteQuery({
    queryKey: computed(() => ['datasources', filter()] as const),
    queryFn: ({ pageParam, signal, queryKey }) => listDatasources(queryKey[1], pageParam, signal),
    placeholderData: keepPreviousData, // while a filter changes; typing must not flicker
    initialPageParam: null as string | null,
    getNextPageParam: (last) => cursorOf(last.next),
  })
  const reload = () => void query.refetch()

  useChanges({ concerns: ({ kind }) => kind === 'datasource', onChanges: reload, onGap: reload })

  return {
    rows: computed(() => query.data.value?.pages.flatMap((page) => page.results) ?? []),
    error: query.error,
    isLoading: query.isPending,
    isLoadingMore: query.isFetchingNextPage,
    hasMore: query.hasNextPage,
    loadMore: () => query.fetchNextPage(),
    reload,
  }
}
