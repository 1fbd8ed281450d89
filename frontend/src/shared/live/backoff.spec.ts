import { expect, it } from 'vitest'

import { reconnectDelay } from './backoff'

it.each([
  [1, 250, 500],
  [2, 500, 1000],
  [5, 4000, 8000],
  [6, 7500, 15_000],
  [5000, 7500, 15_000],
])('waits after %i failures between %i and %i ms', (failures, least, most) => {
  expect(reconnectDelay(failures, () => 0)).toBe(least)
  expect(reconnectDelay(failures, () => 0.999999)).toBeCloseTo(most, 0)
})
