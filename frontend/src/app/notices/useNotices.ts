import { useQuery } from '@tanstack/vue-query'
import { computed, onScopeDispose, ref } from 'vue'

import { api, bodyOf } from '@/shared/api'
import type { RunEvent } from '@/shared/live/protocol'
import { useLive } from '@/shared/live/useLive'
import { useSessionStore } from '@/shared/session/session.store'

import { newestEnd, unread } from './unread'

/** So many of the newest failures are kept. */
const MOST = 20
/** Failures that come in a burst are asked for together. */
const PAUSE_MS = 1500

/** What failed of the runs that concern the user: those they asked for, and those of jobs that are theirs. */
export function useNotices() {
  const session = useSessionStore()
  const readAt = ref(session.user?.notices_read_at ?? null)
  const isWanted = computed(() => session.user?.preferences.notify_failures !== false)

  const query = useQuery({
    queryKey: ['notices'],
    enabled: isWanted,
    queryFn: async ({ signal }) => {
      const asked = { state: ['failed' as const], mine: true, page_size: MOST }
      return (await bodyOf(api.GET('/api/v1/runs/', { params: { query: asked }, signal }))).results
    },
  })

  let timer: ReturnType<typeof setTimeout> | undefined
  function askSoon(): void {
    timer ??= setTimeout(() => {
      timer = undefined
      void query.refetch()
    }, PAUSE_MS)
  }
  useLive<RunEvent>(() => (isWanted.value ? 'runs' : null), {
    onEvents: (events) => events.some(({ state }) => state === 'failed') && askSoon(),
    onGap: askSoon,
  })
  onScopeDispose(() => clearTimeout(timer))

  const runs = computed(() => (isWanted.value ? (query.data.value ?? []) : []))
  const fresh = computed(() => unread(runs.value, readAt.value))

  /** The bell goes quiet at once; that the server hears of it can wait for the next time. */
  async function read(): Promise<void> {
    const newest = newestEnd(fresh.value)
    if (newest === null) return
    readAt.value = newest
    await api.PATCH('/api/v1/account/', { body: { notices_read_at: newest } }).catch(() => {})
  }

  return { runs, fresh, isWanted, error: query.error, reload: () => query.refetch(), read }
}
