import { onScopeDispose, readonly, ref } from 'vue'

/** Whole seconds that remain, counted down by the clock and not by ticks: a sleeping tab wakes up right. */
export function useCountdown() {
  const seconds = ref(0)
  let timer: ReturnType<typeof setInterval> | undefined

  function start(from: number): void {
    stop()
    const until = Date.now() + from * 1000
    const tick = () => {
      seconds.value = Math.max(0, Math.ceil((until - Date.now()) / 1000))
      if (seconds.value === 0) stop()
    }
    timer = setInterval(tick, 250)
    tick()
  }

  function stop(): void {
    clearInterval(timer)
  }

  onScopeDispose(stop)
  return { seconds: readonly(seconds), start }
}
