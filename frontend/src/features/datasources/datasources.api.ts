import { api, bodyOf } from '@/shared/api'
import type { components } from '@/shared/api/schema'

export type Datasource = components['schemas']['Datasource']
export type DatasourcePage = components['schemas']['PaginatedDatasourceList']
export type DatasourceKind = Datasource['kind']
export type Kind = components['schemas']['Kind']
export type Field = components['schemas']['Field']
export type Diagnosis = components['schemas']['Diagnosis']
export type LastTest = components['schemas']['LastTest']
export type Settings = components['schemas']['DatasourceRequest']

export const HEALTHS = ['ok', 'failed', 'unknown'] as const
export type Health = (typeof HEALTHS)[number]

export interface DatasourceFilter {
  /** Words in name, host, database or file; empty: any. */
  search: string
  kind: DatasourceKind | null
  health: Health | null
}

/** Jobs of one datasource that are shown at most; there are hardly ever so many. */
const USED_BY = 50

export function listDatasources(filter: DatasourceFilter, cursor: string | null, signal?: AbortSignal) {
  const query = {
    ordering: 'name',
    ...(filter.search && { search: filter.search }),
    ...(filter.kind && { kind: filter.kind }),
    ...(filter.health && { health: filter.health }),
    ...(cursor && { cursor }),
  }
  return bodyOf(api.GET('/api/v1/datasources/', { params: { query }, signal }))
}

export function listKinds(signal?: AbortSignal): Promise<Kind[]> {
  return bodyOf(api.GET('/api/v1/datasources/kinds/', { signal }))
}

export function getDatasource(id: string, signal?: AbortSignal): Promise<Datasource> {
  return bodyOf(api.GET('/api/v1/datasources/{id}/', { params: { path: { id } }, signal }))
}

export function createDatasource(body: Settings): Promise<Datasource> {
  return bodyOf(api.POST('/api/v1/datasources/', { body }))
}

export function changeDatasource(id: string, body: Settings): Promise<Datasource> {
  return bodyOf(api.PATCH('/api/v1/datasources/{id}/', { params: { path: { id } }, body }))
}

export async function deleteDatasource(id: string): Promise<void> {
  await api.DELETE('/api/v1/datasources/{id}/', { params: { path: { id } } })
}

/** Test what is stored; the server remembers the outcome. */
export function testDatasource(id: string): Promise<Diagnosis> {
  return bodyOf(api.POST('/api/v1/datasources/{id}/test/', { params: { path: { id } } }))
}

/** Test settings that are not saved; as changes to the datasource `id` where there is one. */
export function tryOut(settings: Settings, id?: string): Promise<Diagnosis> {
  return bodyOf(api.POST('/api/v1/datasources/test/', { body: { ...settings, ...(id && { id }) } }))
}

/** The jobs that run on it, as far as one may see them. */
export function listJobsOn(id: string, signal?: AbortSignal) {
  const query = { datasource: id, ordering: 'name', page_size: USED_BY }
  return bodyOf(api.GET('/api/v1/jobs/', { params: { query }, signal }))
}
