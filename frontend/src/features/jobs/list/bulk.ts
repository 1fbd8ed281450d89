import { api, bodyOf } from '@/shared/api'
import type { components } from '@/shared/api/schema'

export type BulkAction = components['schemas']['BulkRequest']['action']
export type BulkResult = components['schemas']['BulkResult']

/** As many jobs can be acted upon at once. */
export const MOST = 200

/** Do something with each of the jobs; what one refuses doesn't keep the others from it. */
export async function actOnJobs(
  action: BulkAction,
  ids: readonly string[],
  tags: readonly string[],
): Promise<BulkResult[]> {
  const body = { action, ids: [...ids], tags: [...tags] }
  return (await bodyOf(api.POST('/api/v1/jobs/bulk/', { body }))).results
}
