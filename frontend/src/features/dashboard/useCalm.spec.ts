import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { effectScope } from 'vue'

import { useCalm } from './useCalm'

const act = vi.fn()
let ask: () => void
let scope: ReturnType<typeof effectScope>

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  act.mockClear()
  scope = effectScope()
  ask = scope.run(() => useCalm(act, 5000))!
})
afterEach(() => {
  scope.stop()
  vi.useRealTimers()
})

function hide(isHidden: boolean): void {
  vi.spyOn(document, 'hidden', 'get').mockReturnValue(isHidden)
  document.dispatchEvent(new Event('visibilitychange'))
}

it('acts at once, and then as seldom as it must, but once more for what came meanwhile', () => {
  ask()
  vi.advanceTimersByTime(0)
  expect(act).toHaveBeenCalledTimes(1)

  for (let count = 0; count < 100; count++) {
    ask()
    vi.advanceTimersByTime(40)
  }
  expect(act).toHaveBeenCalledTimes(1)
  vi.advanceTimersByTime(1000)
  expect(act).toHaveBeenCalledTimes(2)
  vi.advanceTimersByTime(60_000)
  expect(act).toHaveBeenCalledTimes(2)
})

it('rests while the page is hidden, and does it when it shows', () => {
  hide(true)
  ask()
  vi.advanceTimersByTime(60_000)
  expect(act).not.toHaveBeenCalled()

  hide(false)
  vi.advanceTimersByTime(0)
  expect(act).toHaveBeenCalledTimes(1)
})

it('is quiet when its page is gone', () => {
  ask()
  scope.stop()
  vi.advanceTimersByTime(60_000)
  expect(act).not.toHaveBeenCalled()
})
