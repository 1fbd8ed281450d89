import { useQuery, useQueryClient } from '@tanstack/vue-query'
import { computed } from 'vue'

import type { RunEvent } from '@/shared/live/protocol'
import { useChanges } from '@/shared/live/useChanges'
import { useLive } from '@/shared/live/useLive'

import { getDashboard, getRankings, hasJobs, type Dashboard } from './dashboard.api'
import { withEvents } from './liveCounts'
import { useCalm } from './useCalm'

const KEY = ['dashboard'] as const
/** However much happens. */
const REFRESH_EVERY_MS = 5_000
/** However little: hours and days go by, and fire times with them. */
const REFRESH_AT_LEAST_EVERY_MS = 30_000
/** Seven days change slowly. */
const RANKINGS_EVERY_MS = 60_000

/** The tenant at a glance, kept fresh while it is looked at. */
export function useDashboard() {
  const client = useQueryClient()
  const board = useQuery({
    queryKey: KEY,
    queryFn: ({ signal }) => getDashboard(signal),
    refetchInterval: REFRESH_AT_LEAST_EVERY_MS,
  })
  const rankings = useQuery({
    queryKey: [...KEY, 'rankings'],
    queryFn: ({ signal }) => getRankings(signal),
    refetchInterval: RANKINGS_EVERY_MS,
  })

  const isQuiet = computed(() => board.data.value !== undefined && isQuietBoard(board.data.value))
  const jobs = useQuery({
    queryKey: [...KEY, 'jobs'],
    queryFn: ({ signal }) => hasJobs(signal),
    enabled: isQuiet,
  })

  const refresh = useCalm(() => void board.refetch({ cancelRefetch: false }), REFRESH_EVERY_MS)
  useLive<RunEvent>('runs', {
    onEvents(events) {
      client.setQueryData<Dashboard>(KEY, (held) => held && withEvents(held, events))
      refresh()
    },
    onGap: refresh,
  })
  useChanges({
    concerns: ({ kind }) => kind !== 'datasource',
    onChanges() {
      refresh()
      if (isQuiet.value) void jobs.refetch()
    },
    onGap: refresh,
  })

  return {
    board: board.data,
    error: board.error,
    reload: () => board.refetch(),
    rankings: rankings.data,
    rankingsError: rankings.error,
    reloadRankings: () => rankings.refetch(),
    /** There is nothing to look at yet, for there is no job. */
    isNew: computed(() => isQuiet.value && jobs.data.value === false),
  }
}

/** Whether nothing runs, nothing ran, and nothing is going to. */
export function isQuietBoard(board: Dashboard): boolean {
  const counts = [board.running, board.queued, board.today.total, board.yesterday.total]
  return counts.every((count) => count === 0) && board.next_fires.length === 0
}
