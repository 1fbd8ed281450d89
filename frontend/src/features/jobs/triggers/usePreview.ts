import { onScopeDispose, ref, shallowRef, watch } from 'vue'

import { ApiError } from '@/shared/api'
import { useProblems } from '@/shared/forms/useProblems'

import { previewSchedule, type Preview, type Schedule } from './triggers.api'

const PAUSE_MS = 300

export const SCHEDULE_FIELDS = ['expression', 'interval_seconds', 'once_at', 'zone', 'start_at', 'end_at']

/** What a schedule would do, asked a moment after it was last changed; an answer that was overtaken is dropped. */
export function usePreview(schedule: () => Schedule) {
  const preview = shallowRef<Preview | null>(null)
  const isAsking = ref(false)
  const problems = useProblems(SCHEDULE_FIELDS)
  /** Why there is no answer, where the schedule is not to blame. */
  const failure = shallowRef<unknown>(null)
  let asking: AbortController | null = null
  let timer: ReturnType<typeof setTimeout> | undefined

  async function ask(): Promise<void> {
    asking?.abort()
    const mine = (asking = new AbortController())
    isAsking.value = true
    try {
      const found = await previewSchedule(schedule(), mine.signal)
      if (mine.signal.aborted) return
      preview.value = found
      failure.value = null
      problems.clear()
    } catch (error) {
      if (mine.signal.aborted) return
      preview.value = null
      const isOurs = error instanceof ApiError && error.status === 400
      failure.value = isOurs ? null : error
      if (isOurs) problems.take(error)
      else problems.clear()
    } finally {
      if (asking === mine) isAsking.value = false
    }
  }

  watch(
    () => JSON.stringify(schedule()),
    (_now, before) => {
      clearTimeout(timer)
      isAsking.value = true
      timer = setTimeout(() => void ask(), before === undefined ? 0 : PAUSE_MS)
    },
    { immediate: true },
  )
  onScopeDispose(() => {
    clearTimeout(timer)
    asking?.abort()
  })

  return { preview, isAsking, problems, failure, again: ask }
}
