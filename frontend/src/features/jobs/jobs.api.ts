import { api, bodyOf, type JobDetail } from '@/shared/api'

export function getJob(id: string, signal?: AbortSignal): Promise<JobDetail> {
  return bodyOf(api.GET('/api/v1/jobs/{id}/', { params: { path: { id } }, signal }))
}
