import { useQuery, useQueryClient } from '@tanstack/vue-query'
import { computed } from 'vue'

import { changeView, deleteView, listViews, saveView, type SavedView, type ViewPage } from './views.api'

/** One's own views of a page. Each change asks for them anew: the server decides what is shown first. */
export function useViews(page: ViewPage) {
  const client = useQueryClient()
  const key = ['views', page] as const
  const query = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => listViews(page, signal),
    staleTime: 60_000,
  })
  const after = async <T>(work: Promise<T>): Promise<T> => {
    const done = await work
    await client.invalidateQueries({ queryKey: key })
    return done
  }

  return {
    views: computed(() => query.data.value ?? []),
    isLoaded: computed(() => query.isSuccess.value),
    save: (name: string, filters: string) => after(saveView({ page, name, query: filters })),
    showFirst: (view: SavedView) => after(changeView(view.id, { is_default: !view.is_default })),
    remove: (view: SavedView) => after(deleteView(view.id)),
  }
}
