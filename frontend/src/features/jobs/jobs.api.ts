import { api, bodyOf, type Job, type JobDetail, type JobPage, type Run, type Trigger } from '@/shared/api'
import type { components } from '@/shared/api/schema'

import { narrowing, type JobFilter } from './list/jobFilter'
import { RECENT } from './list/jobs.cache'

type NewJob = components['schemas']['NewJobRequest']
type JobChange = components['schemas']['PatchedJobChangeRequest']

export const PAGE_SIZE = 200

export function listJobs(filter: JobFilter, cursor: string | null, signal?: AbortSignal): Promise<JobPage> {
  const query = {
    ...narrowing(filter),
    ordering: filter.ordering,
    page_size: PAGE_SIZE,
    recent: RECENT,
    ...(cursor && { cursor }),
  }
  return bodyOf(api.GET('/api/v1/jobs/', { params: { query }, signal }))
}

/** Of these jobs, at most 100, those that are there and match the filter. */
export async function listTheseJobs(ids: readonly string[], filter: JobFilter): Promise<Job[]> {
  const query = { ...narrowing(filter), id: [...ids], page_size: PAGE_SIZE, recent: RECENT }
  return (await bodyOf(api.GET('/api/v1/jobs/', { params: { query } }))).results
}

export function summaryOfJobs(filter: JobFilter, signal?: AbortSignal) {
  return bodyOf(api.GET('/api/v1/jobs/summary/', { params: { query: narrowing(filter) }, signal }))
}

/** All triggers of these jobs. */
export async function triggersOf(jobs: readonly string[], signal?: AbortSignal): Promise<Trigger[]> {
  const found: Trigger[] = []
  let cursor: string | undefined
  do {
    const query = {
      job: [...jobs],
      page_size: PAGE_SIZE,
      ordering: 'next_fire_at',
      ...(cursor && { cursor }),
    }
    const page = await bodyOf(api.GET('/api/v1/triggers/', { params: { query }, signal }))
    found.push(...page.results)
    cursor = cursorOf(page.next) ?? undefined
  } while (cursor)
  return found
}

/** How many of its newest runs a job comes with. */
export const RECENT_OF_ONE = 50

export function getJob(id: string, signal?: AbortSignal): Promise<JobDetail> {
  const params = { path: { id }, query: { recent: RECENT_OF_ONE } }
  return bodyOf(api.GET('/api/v1/jobs/{id}/', { params, signal }))
}

export function saveJob(id: string, body: JobChange): Promise<JobDetail> {
  return bodyOf(api.PATCH('/api/v1/jobs/{id}/', { params: { path: { id } }, body }))
}

export function pauseJob(id: string): Promise<JobDetail> {
  return bodyOf(api.POST('/api/v1/jobs/{id}/pause/', { params: { path: { id } } }))
}

export function resumeJob(id: string): Promise<JobDetail> {
  return bodyOf(api.POST('/api/v1/jobs/{id}/resume/', { params: { path: { id } } }))
}

export async function deleteJob(id: string): Promise<void> {
  await api.DELETE('/api/v1/jobs/{id}/', { params: { path: { id } } })
}

export function runJob(id: string, params: Record<string, unknown>): Promise<Run> {
  return bodyOf(api.POST('/api/v1/jobs/{id}/runs/', { params: { path: { id } }, body: { params } }))
}

/** The cursor in the address of a next page; null on the last one. */
export function cursorOf(next: string | null | undefined): string | null {
  return next ? new URL(next, 'http://relative').searchParams.get('cursor') : null
}

export function createJob(body: NewJob): Promise<JobDetail> {
  return bodyOf(api.POST('/api/v1/jobs/', { body }))
}

/** What a new job of this kind starts from. */
export function defaultsOf(kind: JobDetail['kind']): Promise<JobDetail['definition']> {
  return bodyOf(api.GET('/api/v1/jobs/defaults/', { params: { query: { kind } } }))
}
