import { computed, onScopeDispose, ref, shallowRef, watch, type Ref, type ShallowRef } from 'vue'

import type { LogBuffer } from './logBuffer'
import { LogSearch } from './logSearch'

/** A pause in typing this long starts the search. */
const PAUSE_MS = 120

/** Searching a log that may still grow. `current` is the line, from 0, that the reader was led to. */
export function useLogSearch(buffer: ShallowRef<LogBuffer>, version: Readonly<Ref<number>>) {
  const typed = ref('')
  const words = ref('')
  const count = ref(0)
  const at = ref(-1)
  const search = shallowRef(new LogSearch(buffer.value, ''))

  let timer: ReturnType<typeof setTimeout> | undefined
  watch(typed, (value) => {
    clearTimeout(timer)
    timer = setTimeout(() => (words.value = value), value ? PAUSE_MS : 0)
  })
  onScopeDispose(() => clearTimeout(timer))

  watch([words, buffer], () => {
    search.value = new LogSearch(buffer.value, words.value)
    search.value.proceed()
    count.value = search.value.found.length
    at.value = count.value > 0 ? 0 : -1
  })
  watch(version, () => {
    search.value.proceed()
    count.value = search.value.found.length
  })

  /** To another match, round and round. by: 1 or -1. */
  function step(by: number): void {
    if (count.value > 0) at.value = (at.value + by + count.value) % count.value
  }

  const current = computed(() => search.value.found[at.value] ?? null)
  return { typed, words, count, at, current, step }
}
