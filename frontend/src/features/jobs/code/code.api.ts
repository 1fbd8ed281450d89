import { api, bodyOf, type JobDetail, type Run } from '@/shared/api'
import type { components } from '@/shared/api/schema'
import type { Values } from '@/shared/forms/paramFields'

import type { Fields } from './definitionDraft'

export type Datasource = components['schemas']['Datasource']

/** Saves the whole definition on top of a version; a newer one makes it fail with 409. */
export function saveDefinition(
  id: string,
  body: { definition: Fields; note: string; expected_version: number },
): Promise<JobDetail> {
  return bodyOf(api.PATCH('/api/v1/jobs/{id}/', { params: { path: { id } }, body }))
}

/** Runs a definition that is not saved. */
export function tryDefinition(id: string, definition: Fields, params: Values): Promise<Run> {
  return bodyOf(
    api.POST('/api/v1/jobs/{id}/try/', { params: { path: { id } }, body: { definition, params } }),
  )
}

/** The source in its language's usual shape. What can't be parsed is refused, with the place. */
export async function formatSource(kind: 'python' | 'shell' | 'sql', source: string): Promise<string> {
  return (await bodyOf(api.POST('/api/v1/jobs/format/', { body: { kind, source } }))).source
}

export async function listDatasources(signal?: AbortSignal): Promise<Datasource[]> {
  const query = { page_size: 200 }
  return (await bodyOf(api.GET('/api/v1/datasources/', { params: { query }, signal }))).results
}
