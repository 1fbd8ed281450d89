import { useQuery } from '@tanstack/vue-query'
import { computed, ref, watch } from 'vue'

import { useFormat } from '@/shared/i18n/useFormat'

import { listAttempts } from './runs.api'

export const TIMES = ['none', 'offset', 'clock'] as const
export type Times = (typeof TIMES)[number]

const KEY = 'jiepai.log.times'

/** When lines came: since the attempt began, or by the clock. As chosen last in this browser. */
export function useLogTimes(source: () => { run: string; attempt: number }) {
  const { clock } = useFormat()
  const times = ref<Times>(TIMES.find((one) => one === localStorage.getItem(KEY)) ?? 'none')
  watch(times, (chosen) => localStorage.setItem(KEY, chosen))

  const query = useQuery({
    queryKey: computed(() => ['run', source().run, 'began', source().attempt] as const),
    queryFn: async ({ signal, queryKey }) => {
      const attempts = await listAttempts(queryKey[1], signal)
      return attempts.find(({ number }) => number === queryKey[3])?.started_at ?? null
    },
    enabled: () => times.value === 'clock' && source().attempt > 0,
    staleTime: Infinity,
  })
  const began = computed(() => (query.data.value ? Date.parse(query.data.value) : null))

  /** atMs: since the attempt began. */
  const timeOf = computed<((atMs: number) => string) | null>(() => {
    if (times.value === 'offset') return offset
    const start = began.value
    return times.value === 'clock' && start !== null ? (atMs) => clock(start + atMs) : null
  })

  return { times, timeOf }
}

/** Minutes, seconds and milliseconds, as "+1:02.345". */
export function offset(ms: number): string {
  const minutes = Math.floor(ms / 60_000)
  const seconds = ((ms % 60_000) / 1000).toFixed(3).padStart(6, '0')
  return `+${minutes}:${seconds}`
}
