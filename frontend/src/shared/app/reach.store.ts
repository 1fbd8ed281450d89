import { defineStore } from 'pinia'
import { computed, ref } from 'vue'

import { onReach } from '@/shared/api'
import { reconnectDelay } from '@/shared/live/backoff'

const PROBE = '/api/v1/session/' // any answer will do

/** Whether the server gives any answer at all just now. */
export async function isServerThere(): Promise<boolean> {
  return fetch(PROBE, { cache: 'no-store' }).then(
    () => true,
    () => false,
  )
}

/** Whether this browser has a network, and the server answers. Once it doesn't, it is asked until it does. */
export const useReachStore = defineStore('reach', () => {
  const isOnline = ref(navigator.onLine)
  const isAnswering = ref(true)
  const isProbing = ref(false)
  let failures = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  addEventListener('online', () => {
    isOnline.value = true
    void probe()
  })
  addEventListener('offline', () => (isOnline.value = false))
  onReach((isReached) => {
    if (isReached) found()
    else lost()
  })

  function found(): void {
    isAnswering.value = true
    failures = 0
    clearTimeout(timer)
    timer = undefined
  }

  function lost(): void {
    isAnswering.value = false
    if (timer !== undefined) return
    failures += 1
    timer = setTimeout(probe, reconnectDelay(failures, Math.random))
  }

  /** Ask now. Whether an answer came. */
  async function probe(): Promise<boolean> {
    clearTimeout(timer)
    timer = undefined
    isProbing.value = true
    const isThere = await isServerThere()
    isProbing.value = false
    if (isThere) found()
    else lost()
    return isThere
  }

  return { isOnline, isProbing, isReached: computed(() => isOnline.value && isAnswering.value), probe }
})
