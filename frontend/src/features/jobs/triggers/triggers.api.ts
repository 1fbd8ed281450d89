import { api, bodyOf, type Trigger } from '@/shared/api'
import type { components } from '@/shared/api/schema'

export type Schedule = components['schemas']['ScheduleRequest']
export type TriggerChange = Omit<components['schemas']['NewTriggerRequest'], 'job'>
export type Preview = components['schemas']['Preview']
export type Fire = components['schemas']['Fire']

/** As many as a page holds; a job with more than that has them in the administration. */
const MOST = 200

export async function listTriggers(job: string, signal?: AbortSignal): Promise<Trigger[]> {
  const query = { job: [job], page_size: MOST, ordering: 'created_at' }
  return (await bodyOf(api.GET('/api/v1/triggers/', { params: { query }, signal }))).results
}

export function createTrigger(job: string, body: TriggerChange): Promise<Trigger> {
  return bodyOf(api.POST('/api/v1/triggers/', { body: { ...body, job } }))
}

export function changeTrigger(id: string, body: TriggerChange): Promise<Trigger> {
  return bodyOf(api.PATCH('/api/v1/triggers/{id}/', { params: { path: { id } }, body }))
}

export function pauseTrigger(id: string, isPaused: boolean): Promise<Trigger> {
  const params = { path: { id } }
  return bodyOf(
    isPaused
      ? api.POST('/api/v1/triggers/{id}/pause/', { params })
      : api.POST('/api/v1/triggers/{id}/resume/', { params }),
  )
}

export async function deleteTrigger(id: string): Promise<void> {
  await api.DELETE('/api/v1/triggers/{id}/', { params: { path: { id } } })
}

/** What a schedule that is not stored would do: its words, and when it would fire. */
export function previewSchedule(body: Schedule, signal: AbortSignal): Promise<Preview> {
  return bodyOf(api.POST('/api/v1/triggers/preview/', { params: { query: { count: 10 } }, body, signal }))
}
