import { describe, expect, it } from 'vitest'

import type { RunState } from '@/shared/api'
import type { RunEvent } from '@/shared/live/protocol'

import { aJob, jobId } from '../../../../tests/jobs'
import { anEvent, idOf } from '../../../../tests/runs'

import { applyRuns, RECENT, replaceJobs, rowsOf, withEvent, withoutJobs, type JobPages } from './jobs.cache'

const recent = (number: number, state: RunState) => ({
  id: idOf(number),
  state,
  source: 'cron' as const,
  queued_at: '2026-03-01T10:00:00Z',
  started_at: '2026-03-01T10:00:01Z',
  finished_at: null,
  duration_ms: null,
})
const event = (run: number, state: RunState, changes: Partial<RunEvent> = {}) =>
  anEvent(run, { state, ...changes })

function pagesOf(...numbers: number[][]): JobPages {
  return {
    pages: numbers.map((page) => ({
      next: null,
      previous: null,
      results: page.map((number) => aJob(number, { recent_runs: [recent(number, 'running')] })),
    })),
    pageParams: numbers.map(() => null),
  }
}

const states = (runs: readonly { id: string; state: RunState }[]) =>
  runs.map(({ id, state }) => `${Number(id.slice(-4))} ${state}`)

describe('a job’s newest runs', () => {
  it('gain a run that appears, the newest first', () => {
    expect(states(withEvent([recent(3, 'succeeded'), recent(1, 'failed')], event(5, 'queued')))).toEqual([
      '5 queued',
      '3 succeeded',
      '1 failed',
    ])
    expect(states(withEvent([recent(3, 'succeeded'), recent(1, 'failed')], event(2, 'queued')))).toEqual([
      '3 succeeded',
      '2 queued',
      '1 failed',
    ])
  })

  it('end with how long they took', () => {
    const [run] = withEvent([recent(1, 'running')], event(1, 'failed', { at: '2026-03-01T10:00:04.5Z' }))
    expect(run).toMatchObject({ state: 'failed', duration_ms: 3500, finished_at: '2026-03-01T10:00:04.5Z' })
  })

  it('stay the same list when an event says nothing new, or comes after the end', () => {
    const runs = [recent(1, 'succeeded')]
    expect(withEvent(runs, event(1, 'running'))).toBe(runs)
    const running = [recent(1, 'running')]
    expect(withEvent(running, event(1, 'running'))).toBe(running)
  })

  it('are never more than a row shows, and an old run pushes none out', () => {
    const full = Array.from({ length: RECENT }, (_, age) => recent(100 - age, 'succeeded'))
    expect(withEvent(full, event(200, 'queued'))).toHaveLength(RECENT)
    expect(withEvent(full, event(7, 'running'))).toBe(full)
  })
})

describe('the pages of the list', () => {
  it('change where a job’s run moved, and nowhere else', () => {
    const before = pagesOf([1, 2], [3])
    const after = applyRuns(before, [event(3, 'succeeded', { job: jobId(3) })])
    expect(rowsOf(after)[2]!.recent_runs![0]!.state).toBe('succeeded')
    expect(after.pages[0]).toBe(before.pages[0])
    expect(applyRuns(after, [event(3, 'succeeded', { job: jobId(3) })]).pages[1]).toBe(after.pages[1])
  })

  it('take what was asked for again, and drop what is no longer there', () => {
    const after = replaceJobs(pagesOf([1, 2], [3]), [jobId(2), jobId(3)], [aJob(3, { name: 'new name' })])
    expect(rowsOf(after).map(({ name }) => name)).toEqual(['job 1', 'new name'])
  })

  it('lose what was deleted', () => {
    const after = withoutJobs(pagesOf([1, 2], [3]), new Set([jobId(1)]))
    expect(rowsOf(after).map(({ id }) => id)).toEqual([jobId(2), jobId(3)])
  })
})
