import { onScopeDispose, readonly, ref, shallowRef, watch } from 'vue'

import type { LogBlock } from '@/shared/api'
import { useLive } from '@/shared/live/useLive'

import { LogBuffer } from './logBuffer'
import { readLog } from './runs.api'

export interface LogSource {
  run: string
  /** 0: there is nothing to read yet. */
  attempt: number
  /** More may come. */
  isGrowing: boolean
}

/**
 * The log of one attempt: what is stored is read first, what comes is heard from there on. Lines are asked for again
 * wherever some are missing, and once more when the run has ended, so that the end is never lost.
 */
export function useLog(source: () => LogSource) {
  const buffer = shallowRef(new LogBuffer(0))
  /** Grows with the buffer, whose arrays are not reactive. */
  const version = ref(0)
  const isReading = ref(false)
  const error = shallowRef<unknown>(null)
  const refusal = ref('')
  const topic = shallowRef<string | null>(null)

  let reading: AbortController | null = null
  let again = false

  /** Read on from the last line that is known. While it reads, being asked again means one more round. */
  async function readOn(): Promise<void> {
    if (reading) {
      again = true
      return
    }
    const mine = (reading = new AbortController())
    const { run, attempt } = source()
    const into = buffer.value
    isReading.value = true
    try {
      let hasMore = true
      while (hasMore) {
        again = false
        const part = await readLog(run, attempt, into.count, mine.signal)
        if (mine.signal.aborted) return
        const before = into.count
        part.blocks.forEach((block) => into.add(block))
        hasMore = (part.has_more && into.count > before) || again
        version.value += 1
      }
      error.value = null
      topic.value = source().isGrowing ? `log:${run}` : null
    } catch (cause) {
      if (mine.signal.aborted) return
      error.value = cause
    } finally {
      if (reading === mine) {
        reading = null
        isReading.value = false
      }
    }
  }

  function stop(): void {
    reading?.abort()
    reading = null
  }

  watch(
    [() => source().run, () => source().attempt],
    ([, attempt]) => {
      stop()
      topic.value = null
      error.value = null
      refusal.value = ''
      buffer.value = new LogBuffer(attempt)
      version.value += 1
      if (attempt > 0) void readOn()
    },
    { immediate: true },
  )
  watch(
    () => source().isGrowing,
    (isGrowing) => isGrowing || (source().attempt > 0 && void readOn()),
  )

  useLive<LogBlock>(topic, {
    resume: () => ({ after: buffer.value.count, attempt: buffer.value.attempt }),
    onEvents(blocks) {
      const own = blocks.filter((block) => block.attempt === buffer.value.attempt)
      const isWhole = own.every((block) => buffer.value.add(block))
      version.value += 1
      if (!isWhole) void readOn()
    },
    onGap: () => void readOn(),
    onError: ({ detail }) => (refusal.value = detail),
  })
  onScopeDispose(stop)

  return {
    buffer,
    version: readonly(version),
    isReading: readonly(isReading),
    error,
    refusal: readonly(refusal),
    isStreaming: () => topic.value !== null,
    readOn,
  }
}
