import { api, bodyOf, type components } from '@/shared/api'

export type SavedView = components['schemas']['View']
export type ViewPage = SavedView['page']

/** One's own views of a page: all of them, for there are never many. */
export async function listViews(page: ViewPage, signal?: AbortSignal): Promise<SavedView[]> {
  const query = { page, page_size: 200 }
  return (await bodyOf(api.GET('/api/v1/views/', { params: { query }, signal }))).results
}

export function saveView(view: { page: ViewPage; name: string; query: string }): Promise<SavedView> {
  return bodyOf(api.POST('/api/v1/views/', { body: view }))
}

export function changeView(id: string, changes: Pick<SavedView, 'is_default'>): Promise<SavedView> {
  return bodyOf(api.PATCH('/api/v1/views/{id}/', { params: { path: { id } }, body: changes }))
}

export async function deleteView(id: string): Promise<void> {
  await api.DELETE('/api/v1/views/{id}/', { params: { path: { id } } })
}
