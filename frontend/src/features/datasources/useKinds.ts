import { useQuery } from '@tanstack/vue-query'
import { computed } from 'vue'
import { useI18n } from 'vue-i18n'

import { listKinds } from './datasources.api'

/** The kinds of database that there are, in the page's language; they change with the installation only. */
export function useKinds() {
  const { locale } = useI18n()
  const query = useQuery({
    queryKey: computed(() => ['datasource-kinds', locale.value]),
    queryFn: ({ signal }) => listKinds(signal),
    placeholderData: (held) => held, // while the language changes
    staleTime: Infinity,
  })
  return { kinds: query.data, error: query.error, reload: () => query.refetch() }
}
