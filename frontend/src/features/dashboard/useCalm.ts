import { onScopeDispose } from 'vue'

/**
 * Does something now and then, however often it is asked to: at once when it has rested for `everyMs`, else when it
 * has. While the page is hidden it waits until it shows again.
 */
export function useCalm(act: () => void, everyMs: number): () => void {
  let last = -Infinity
  let timer: ReturnType<typeof setTimeout> | undefined
  let isWanted = false

  function ask(): void {
    isWanted = true
    if (document.hidden || timer !== undefined) return
    timer = setTimeout(run, Math.max(0, last + everyMs - performance.now()))
  }

  function run(): void {
    timer = undefined
    if (!isWanted || document.hidden) return
    isWanted = false
    last = performance.now()
    act()
  }

  function onVisibility(): void {
    if (!document.hidden && isWanted) ask()
  }

  document.addEventListener('visibilitychange', onVisibility)
  onScopeDispose(() => {
    clearTimeout(timer)
    document.removeEventListener('visibilitychange', onVisibility)
  })
  return ask
}
