import { api, bodyOf } from '@/shared/api'
import type { components } from '@/shared/api/schema'

type Schemas = components['schemas']
export type Dashboard = Schemas['Dashboard']
export type Tally = Schemas['Tally']
export type Hour = Schemas['Hour']
export type NextFire = Schemas['NextFire']
export type Failure = Schemas['Failure']
export type Rankings = Schemas['Rankings']
export type SlowJob = Schemas['SlowJob']
export type FlakyJob = Schemas['FlakyJob']

export function getDashboard(signal?: AbortSignal): Promise<Dashboard> {
  return bodyOf(api.GET('/api/v1/dashboard/', { signal }))
}

export function getRankings(signal?: AbortSignal): Promise<Rankings> {
  return bodyOf(api.GET('/api/v1/dashboard/jobs/', { signal }))
}

/** Whether there is any job that the user may see. */
export async function hasJobs(signal?: AbortSignal): Promise<boolean> {
  const page = await bodyOf(api.GET('/api/v1/jobs/', { params: { query: { page_size: 1 } }, signal }))
  return page.results.length > 0
}
