import { useQuery, useQueryClient } from '@tanstack/vue-query'
import { ref } from 'vue'
import { useI18n } from 'vue-i18n'

import { useDescribe } from '@/shared/i18n/describe'
import { confirmDanger, notify } from '@/shared/ui/notify'

export interface Question {
  title: string
  message: string
  yes: string
  /** What is said when it was done. */
  done: string
}

/** A list of one's own, from which rows go after a question. */
export function useOwnList<T>(key: string, list: (signal: AbortSignal) => Promise<T[]>) {
  const { t } = useI18n()
  const client = useQueryClient()
  const describe = useDescribe()
  const query = useQuery({ queryKey: [key], queryFn: ({ signal }) => list(signal) })
  /** The id of the row that is going, or "all". */
  const going = ref<string | null>(null)

  async function ask(id: string, question: Question, deed: () => Promise<unknown>): Promise<void> {
    if (going.value !== null || !(await confirmDanger({ ...question, no: t('profile.keep') }))) return
    going.value = id
    try {
      await deed()
      notify(question.done)
    } catch (error) {
      notify(describe(error), 'error')
    } finally {
      await client.invalidateQueries({ queryKey: [key] })
      going.value = null
    }
  }

  return {
    rows: query.data,
    error: query.error,
    reload: () => client.invalidateQueries({ queryKey: [key] }),
    going,
    ask,
  }
}
