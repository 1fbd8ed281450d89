import { keepPreviousData, useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/vue-query'
import { computed, onScopeDispose, ref } from 'vue'

import type { ChangeEvent, RunEvent } from '@/shared/live/protocol'
import { useChanges } from '@/shared/live/useChanges'
import { useLive } from '@/shared/live/useLive'

import { cursorOf, listJobs, listTheseJobs, summaryOfJobs } from '../jobs.api'

import { narrowing, NO_FILTER, type JobFilter } from './jobFilter'
import { applyRuns, replaceJobs, rowsOf, withoutJobs, type JobPages } from './jobs.cache'

/** As many pages are fetched anew by themselves when the list has changed; a longer list offers it. */
const FEW_PAGES = 3
/** As many jobs are asked for by their ids at once: an address has a length that all proxies take. */
const AT_ONCE = 100
/** What changed is asked for after this pause, so that many changes cost one request. */
const PAUSE_MS = 400
/** Events of runs are remembered so long: a page that is on its way may be older than they are. */
const REMEMBERED = 500

/** The jobs that match a filter, page by page, kept fresh while on screen. sight: first and last row that is seen. */
export function useJobs(filter: () => JobFilter, sight: () => readonly [number, number]) {
  const client = useQueryClient()
  const key = computed(() => ['jobs', filter()] as const)
  const heard = new Map<string, RunEvent>()
  /** There are changes that what is shown doesn't have. */
  const isOutdated = ref(false)

  const query = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam, signal, queryKey }) => listJobs(queryKey[1], pageParam, signal),
    placeholderData: keepPreviousData, // while a filter changes; typing must not flicker
    initialPageParam: null as string | null,
    getNextPageParam: (last) => cursorOf(last.next),
    structuralSharing: (_held, fetched) => applyRuns(fetched as JobPages, [...heard.values()]),
    shallow: true,
  })
  const summary = useQuery({
    queryKey: computed(() => ['jobs summary', narrowing(filter())] as const),
    queryFn: ({ signal }) => summaryOfJobs(filter(), signal),
    placeholderData: keepPreviousData,
  })
  const rows = computed(() => rowsOf(query.data.value))

  function write(change: (pages: JobPages) => JobPages): void {
    client.setQueryData<JobPages>(key.value, (pages) => pages && change(pages))
  }

  const touched = new Set<string>()
  let isListTouched = false
  let timer: ReturnType<typeof setTimeout> | undefined

  function later(): void {
    timer ??= setTimeout(() => {
      timer = undefined
      void catchUp()
    }, PAUSE_MS)
  }

  /** Ask again for what was touched: single jobs by their ids, the list as a whole where one may have come in. */
  async function catchUp(): Promise<void> {
    const asked = [...touched]
    const wasListTouched = isListTouched
    touched.clear()
    isListTouched = false
    void summary.refetch()
    if (wasListTouched && (query.data.value?.pages.length ?? 0) <= FEW_PAGES) return void query.refetch()
    isOutdated.value ||= wasListTouched
    for (let start = 0; start < asked.length; start += AT_ONCE) {
      const ids = asked.slice(start, start + AT_ONCE)
      const found = await listTheseJobs(ids, filter()).catch(() => null)
      if (found) write((pages) => replaceJobs(pages, ids, found))
      else isOutdated.value = true
    }
  }

  function onChanges(changes: ChangeEvent[]): void {
    const gone = new Set(changes.filter(({ what }) => what === 'deleted').map(({ id }) => id))
    if (gone.size > 0) write((pages) => withoutJobs(pages, gone))
    const held = new Set(rows.value.map(({ id }) => id))
    for (const { id, what } of changes) {
      if (what === 'deleted') continue
      if (held.has(id)) touched.add(id)
      else isListTouched = true // a new one, or one that matches now
    }
    later()
  }

  function onEvents(events: RunEvent[]): void {
    for (const event of events) {
      heard.delete(event.run)
      heard.set(event.run, event)
    }
    for (const run of heard.keys()) {
      if (heard.size <= REMEMBERED) break
      heard.delete(run)
    }
    write((pages) => applyRuns(pages, events))
    const { last_state: wanted } = filter()
    if (wanted.length === 0) return
    // Who is shown depends on how runs go: ask again for those whose run moved.
    const held = new Set(rows.value.map(({ id }) => id))
    for (const { job, state } of events) {
      if (held.has(job)) touched.add(job)
      else if (wanted.includes(state)) isListTouched = true
    }
    if (touched.size > 0 || isListTouched) later()
  }

  async function reload(): Promise<void> {
    isOutdated.value = false
    const few = client.getQueryData<JobPages>(key.value)
    if (few && few.pages.length > FEW_PAGES) {
      // From the top: a long list fetched whole would take as many requests as it has pages.
      client.setQueryData<JobPages>(key.value, { pages: few.pages.slice(0, 1), pageParams: [null] })
    }
    void summary.refetch()
    await query.refetch()
  }

  /** Something was done here with these jobs: don't wait to be told. */
  function touch(what: string, ids: readonly string[]): void {
    if (what === 'delete') write((pages) => withoutJobs(pages, new Set(ids)))
    else ids.forEach((id) => touched.add(id))
    later()
  }

  function onGap(): void {
    isListTouched = true
    const [first, last] = sight()
    for (const { id } of rows.value.slice(first, last + 1)) touched.add(id)
    later()
  }

  useChanges({ concerns: ({ kind }) => kind === 'job', onChanges, onGap })
  useLive<RunEvent>('runs', { onEvents, onGap })
  onScopeDispose(() => clearTimeout(timer))

  return {
    rows,
    summary: summary.data,
    error: query.error,
    isLoading: computed(
      () => query.isPending.value || (query.isPlaceholderData.value && rows.value.length === 0),
    ),
    isLoadingMore: query.isFetchingNextPage,
    hasMore: query.hasNextPage,
    isOutdated,
    loadMore: () => query.fetchNextPage(),
    reload,
    touch,
  }
}

/** What sorts of jobs there are in all: what filters can be set to. */
export function useFacets() {
  const { data } = useQuery({
    queryKey: ['jobs summary', {}],
    queryFn: ({ signal }) => summaryOfJobs(NO_FILTER, signal),
    staleTime: 60_000,
  })
  return data
}
