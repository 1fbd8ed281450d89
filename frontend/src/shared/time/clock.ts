import { onScopeDispose, readonly, shallowRef, type ShallowRef } from 'vue'

/** Below this a difference is the header's rounding and the way of the answer, not a wrong clock. */
const TOLERANCE_MS = 2_000

let skew = 0

/** Tell the clock what time the server had when it answered just now. at: ms since 1970, whole seconds. */
export function observeServerTime(at: number): void {
  const difference = at + 500 - Date.now()
  skew = Math.abs(difference) > TOLERANCE_MS ? difference : 0
}

/** The server's time as far as known, ms since 1970: durations must not depend on this machine's clock. */
export function serverNow(): number {
  return Date.now() + skew
}

const now = shallowRef(serverNow())
let users = 0
let timer: ReturnType<typeof setInterval> | undefined

/** The server's time, anew each second while anyone looks. One timer for the whole page. */
export function useNow(): Readonly<ShallowRef<number>> {
  if (users++ === 0) {
    now.value = serverNow()
    timer = setInterval(() => (now.value = serverNow()), 1000)
  }
  onScopeDispose(() => {
    if (--users === 0) clearInterval(timer)
  })
  return readonly(now)
}
