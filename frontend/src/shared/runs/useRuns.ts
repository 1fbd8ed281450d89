import { keepPreviousData, useInfiniteQuery, useQueryClient } from '@tanstack/vue-query'
import { computed, onScopeDispose } from 'vue'

import type { RunEvent } from '@/shared/live/protocol'
import { useLive } from '@/shared/live/useLive'

import { cursorOf, listRuns, type RunFilter } from './runs.api'
import { applyEvents, isInReach, keepNewest, mergeHead, rowsOf, type RunPages } from './runs.cache'

/** New runs are fetched at most this often, however many appear. */
const HEAD_EVERY_MS = 1000

/** Whether a run may be among those that match, as far as its event tells; the server knows. */
function mayBelong(event: RunEvent, { state, job, search, exit_reason }: RunFilter): boolean {
  if (state?.length && !state.includes(event.state)) return false
  if (exit_reason?.length && !exit_reason.some((reason) => reason === event.exit_reason)) return false
  if (job && event.job !== job) return false
  const words = search?.trim().toLowerCase() ?? ''
  return event.job_name.toLowerCase().includes(words) || event.run === words
}

/** The runs that match a filter, newest first, kept fresh while on screen. */
export function useRuns(filter: () => RunFilter) {
  const client = useQueryClient()
  const key = computed(() => ['runs', filter()] as const)

  const query = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam, signal, queryKey }) => listRuns(queryKey[1], pageParam, signal),
    placeholderData: keepPreviousData, // while a filter changes; typing must not flicker
    initialPageParam: null as string | null,
    getNextPageParam: (last) => cursorOf(last.next),
    structuralSharing: (held, fetched) => keepNewest(held as RunPages | undefined, fetched as RunPages),
  })

  const rows = computed(() => {
    const { state } = filter()
    const held = rowsOf(query.data.value)
    // An event may have moved one out of the filter.
    return state?.length ? held.filter((run) => state.includes(run.state)) : held
  })

  const missing = new Set<string>()
  let timer: ReturnType<typeof setTimeout> | undefined

  function onEvents(events: RunEvent[]): void {
    const held = client.getQueryData<RunPages>(key.value)
    const result = applyEvents(held ?? { pages: [], pageParams: [] }, events)
    if (held) client.setQueryData(key.value, result.pages)
    for (const event of result.missing) {
      if (mayBelong(event, filter())) missing.add(event.run)
    }
    if (missing.size > 0) timer ??= setTimeout(fetchHead, HEAD_EVERY_MS / 4)
  }

  /** Get the runs that appeared; those that sort in deeper down need all pages. */
  async function fetchHead(): Promise<void> {
    const asked = key.value
    const wanted = [...missing]
    missing.clear()
    try {
      const head = await listRuns(asked[1], null)
      const held = client.getQueryData<RunPages>(asked)
      if (held) client.setQueryData(asked, mergeHead(held, head))
      const merged = client.getQueryData<RunPages>(asked)
      const shown = new Set(rowsOf(merged).map((run) => run.id))
      if (!merged || wanted.some((id) => !shown.has(id) && isInReach(merged, id))) await query.refetch()
    } catch {
      wanted.forEach((id) => missing.add(id)) // the next event, or the return of the connection, tries again
    } finally {
      timer = setTimeout(() => {
        timer = undefined
        if (missing.size > 0) void fetchHead()
      }, HEAD_EVERY_MS)
    }
  }

  useLive<RunEvent>('runs', { onEvents, onGap: () => void query.refetch() })
  onScopeDispose(() => clearTimeout(timer))

  return {
    rows,
    error: query.error,
    isLoading: computed(
      () => query.isPending.value || (query.isPlaceholderData.value && rows.value.length === 0),
    ),
    isLoadingMore: query.isFetchingNextPage,
    hasMore: query.hasNextPage,
    loadMore: () => query.fetchNextPage(),
    reload: () => query.refetch(),
  }
}
