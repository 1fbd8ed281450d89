import { describe, expect, it } from 'vitest'

import type { Run } from '@/shared/api'

import { anEvent, aRun, idOf } from '../../../tests/runs'

import {
  applyEvent,
  applyEvents,
  isInReach,
  keepNewest,
  mergeHead,
  rowsOf,
  type RunPages,
} from './runs.cache'

/** Pages of runs; all but the last have a next one, and so has the last if `more`. */
function pagesOf(lists: Run[][], more = false): RunPages {
  return {
    pages: lists.map((results, index) => ({
      next: index < lists.length - 1 || more ? `http://x/?cursor=${index}` : null,
      previous: null,
      results,
    })),
    pageParams: lists.map((_, index) => (index === 0 ? null : String(index - 1))),
  }
}

const numbers = (pages: RunPages) => rowsOf(pages).map((run) => Number(run.id.slice(-12)))
const stateOf = (pages: RunPages, number: number) =>
  rowsOf(pages).find(({ id }) => id === idOf(number))?.state

describe('an event', () => {
  it('starts a run: it has waited until then', () => {
    expect(applyEvent(aRun(1), anEvent(1))).toMatchObject({
      state: 'running',
      attempt: 1,
      started_at: '2026-03-01T10:00:03Z',
      waiting_ms: 3000,
      duration_ms: null,
      event: 2,
    })
  })

  it('ends a run: it has lasted until then', () => {
    const running = aRun(1, { state: 'running', started_at: '2026-03-01T10:00:03Z', event: 2 })
    const ended = anEvent(1, {
      state: 'failed',
      exit_reason: 'timeout',
      event: 3,
      at: '2026-03-01T10:01:03.5Z',
    })
    expect(applyEvent(running, ended)).toMatchObject({
      state: 'failed',
      exit_reason: 'timeout',
      duration_ms: 60_500,
    })
  })

  it('ends a run that never started without a duration', () => {
    const ended = anEvent(1, { state: 'cancelled', exit_reason: 'cancelled', attempt: 0 })
    expect(applyEvent(aRun(1), ended)).toMatchObject({ state: 'cancelled', duration_ms: null })
  })

  it.each([2, 3])('of number 2 changes nothing in a run at event %i', (event) => {
    const run = aRun(1, { state: 'succeeded', event })
    expect(applyEvent(run, anEvent(1, { event: 2 }))).toBe(run)
  })
})

describe('several events', () => {
  it('leave each run at its newest one, in whatever order they came', () => {
    const { pages, missing } = applyEvents(pagesOf([[aRun(2)], [aRun(1)]]), [
      anEvent(1, { state: 'succeeded', event: 5 }),
      anEvent(1, { state: 'running', event: 4 }),
      anEvent(3, { state: 'queued', event: 6 }),
      anEvent(3, { state: 'running', event: 7 }),
    ])
    expect(stateOf(pages, 1)).toBe('succeeded')
    expect(stateOf(pages, 2)).toBe('queued')
    expect(missing).toEqual([anEvent(3, { state: 'running', event: 7 })])
  })
})

it('an older page does not overwrite a newer event', () => {
  const held = pagesOf([[aRun(2, { state: 'succeeded', event: 9 }), aRun(1, { state: 'running', event: 4 })]])
  const fetched = pagesOf([[aRun(2, { event: 8 }), aRun(1, { state: 'failed', event: 5 })]])
  const kept = keepNewest(held, fetched)
  expect(stateOf(kept, 2)).toBe('succeeded')
  expect(stateOf(kept, 1)).toBe('failed')
})

describe('a first page that was fetched again', () => {
  const head = (list: Run[], more = true) => pagesOf([list], more).pages[0]!

  it('puts new runs on top and doubles none', () => {
    const held = pagesOf([
      [aRun(4), aRun(3)],
      [aRun(2), aRun(1)],
    ])
    const merged = mergeHead(held, head([aRun(6), aRun(5), aRun(4)]))
    expect(numbers(merged)).toEqual([6, 5, 4, 3, 2, 1])
    expect(merged.pageParams).toEqual(held.pageParams)
    expect(merged.pages[0]?.next).toBe(held.pages[0]?.next)
  })

  it('keeps the newer of two rows', () => {
    const held = pagesOf([[aRun(4, { state: 'succeeded', event: 9 })]])
    expect(stateOf(mergeHead(held, head([aRun(5), aRun(4)])), 4)).toBe('succeeded')
  })

  it('starts over when runs may lie between it and what is held', () => {
    const held = pagesOf([[aRun(2)], [aRun(1)]])
    const merged = mergeHead(held, head([aRun(9), aRun(8)]))
    expect(numbers(merged)).toEqual([9, 8])
    expect(merged.pageParams).toEqual([null])
  })

  it('is all there is when nothing was held', () => {
    expect(numbers(mergeHead(pagesOf([[]]), head([aRun(1)], false)))).toEqual([1])
  })
})

it.each([
  ['above the last row', 5, true, true],
  ['below the last row, with more pages to come', 1, true, false],
  ['below the last row of the last page', 1, false, true],
])('a run %s is in reach or not', (_name, number, more, expected) => {
  expect(isInReach(pagesOf([[aRun(4), aRun(3)]], more), idOf(number))).toBe(expected)
})
