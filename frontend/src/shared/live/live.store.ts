import { defineStore } from 'pinia'
import { ref, shallowRef } from 'vue'

import { LiveSocket, type LiveStatus, type TopicHandlers } from './socket'

/** The tab's socket, and how it fares. */
export const useLiveStore = defineStore('live', () => {
  const status = shallowRef<LiveStatus>('off')
  /** Attempts to connect that failed in a row. */
  const failures = ref(0)

  const socket = new LiveSocket({
    url: () => `${location.origin.replace(/^http/, 'ws')}/ws/`,
    onStatus(now, failed) {
      status.value = now
      failures.value = failed
    },
  })
  addEventListener('online', () => socket.hurry())
  document.addEventListener('visibilitychange', () => document.hidden || socket.hurry())

  function join<E>(topic: string, handlers: TopicHandlers<E>): () => void {
    return socket.join(topic, handlers)
  }

  return { status, failures, join }
})
