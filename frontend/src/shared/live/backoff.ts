const FIRST_MS = 500
const LONGEST_MS = 15_000

/**
 * How long to wait before connecting again, in ms: between a half and the whole of 0.5 s, 1 s, 2 s … 15 s, so that
 * the tabs of a restarted server do not all return at once, and none returns without a pause.
 * failures: in a row, counted from 1. random: draws from [0, 1).
 */
export function reconnectDelay(failures: number, random: () => number): number {
  const step = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures - 1, 16))
  return step / 2 + (step / 2) * random()
}
