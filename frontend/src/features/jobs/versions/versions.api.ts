import { api, bodyOf, type JobDetail } from '@/shared/api'

import { cursorOf } from '../jobs.api'

export async function listVersions(id: string, cursor: string | null, signal?: AbortSignal) {
  const query = { page_size: 50, ...(cursor && { cursor }) }
  const page = await bodyOf(
    api.GET('/api/v1/jobs/{id}/versions/', { params: { path: { id }, query }, signal }),
  )
  return { versions: page.results, next: cursorOf(page.next) }
}

export function getVersion(id: string, number: number, signal?: AbortSignal) {
  return bodyOf(api.GET('/api/v1/jobs/{id}/versions/{number}/', { params: { path: { id, number } }, signal }))
}

/** The fields in which a version differs from an older one. */
export function compareVersions(id: string, number: number, against: number, signal?: AbortSignal) {
  const params = { path: { id, number }, query: { against } }
  return bodyOf(api.GET('/api/v1/jobs/{id}/versions/{number}/diff/', { params, signal }))
}

export function restoreVersion(id: string, number: number): Promise<JobDetail> {
  return bodyOf(
    api.POST('/api/v1/jobs/{id}/versions/{number}/restore/', { params: { path: { id, number } } }),
  )
}
