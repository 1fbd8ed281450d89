import { computed, onScopeDispose, ref, shallowRef } from 'vue'

import type { Diagnosis } from './datasources.api'

/** One test of a connection: under way for so many seconds, and then what it found. */
export function useConnectionTest() {
  const diagnosis = shallowRef<Diagnosis | null>(null)
  const beganAt = ref<number | null>(null)
  const seconds = ref(0)
  let clock: ReturnType<typeof setInterval> | undefined
  let latest = 0

  /** Throws what the request throws; then nothing was found out. An answer that was overtaken is dropped. */
  async function run(ask: () => Promise<Diagnosis>): Promise<void> {
    const ticket = ++latest
    forget()
    begin()
    try {
      const found = await ask()
      if (ticket === latest) diagnosis.value = found
    } finally {
      if (ticket === latest) end()
    }
  }

  function begin(): void {
    beganAt.value = Date.now()
    clearInterval(clock)
    clock = setInterval(() => (seconds.value = Math.floor((Date.now() - beganAt.value!) / 1000)), 250)
  }

  function end(): void {
    clearInterval(clock)
    beganAt.value = null
    seconds.value = 0
  }

  function forget(): void {
    diagnosis.value = null
  }

  onScopeDispose(() => {
    latest += 1
    end()
  })

  return { diagnosis, isBusy: computed(() => beganAt.value !== null), seconds, run, forget }
}
