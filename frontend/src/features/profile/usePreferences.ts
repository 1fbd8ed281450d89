import { useQuery, useQueryClient } from '@tanstack/vue-query'
import { onScopeDispose, ref } from 'vue'

import { useProblems } from '@/shared/forms/useProblems'
import { useSessionStore } from '@/shared/session/session.store'

import { changeAccount, readAccount, type AccountChange } from './profile.api'

const KEY = ['account']
const SHOWN_MS = 3000

/** One's own account; each change is saved by itself, at once. */
export function usePreferences() {
  const client = useQueryClient()
  const session = useSessionStore()
  const problems = useProblems(['display_name', 'language', 'time_zone', 'preferences'])
  const query = useQuery({ queryKey: KEY, queryFn: ({ signal }) => readAccount(signal) })
  /** What was saved last, for a while. */
  const saved = ref<string | null>(null)
  let timer: ReturnType<typeof setTimeout> | undefined

  /** what: the field's name, beside which it says that it was saved, or why not. */
  async function save(what: string, change: AccountChange): Promise<void> {
    problems.clear()
    saved.value = null
    try {
      client.setQueryData(KEY, await changeAccount(change))
      await session.check() // what the rest of the page goes by
      saved.value = what
      clearTimeout(timer)
      timer = setTimeout(() => (saved.value = null), SHOWN_MS)
    } catch (error) {
      problems.take(error)
    }
  }
  onScopeDispose(() => clearTimeout(timer))

  return { account: query.data, error: query.error, reload: () => query.refetch(), problems, saved, save }
}
