import { ref, watch } from 'vue'

const KEY = 'jiepai.log.wrap'

/** Whether long lines are broken at the edge: as chosen last in this browser; at first on narrow screens alone. */
export function useLogWrap() {
  const stored = localStorage.getItem(KEY)
  const isWrapped = ref(stored === null ? matchMedia('(max-width: 860px)').matches : stored === 'yes')
  watch(isWrapped, (chosen) => localStorage.setItem(KEY, chosen ? 'yes' : 'no'))
  return { isWrapped }
}
