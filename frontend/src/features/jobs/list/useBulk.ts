import { computed, ref, shallowRef } from 'vue'
import { useI18n } from 'vue-i18n'

import type { Job } from '@/shared/api'
import { useDescribe } from '@/shared/i18n/describe'
import type { useSelection } from '@/shared/table/useSelection'

import { actOnJobs, type BulkAction, type BulkResult } from './bulk'

/** What is done with all marked jobs at once. onDone: called with the ids that it worked for. */
export function useBulk(
  selection: ReturnType<typeof useSelection>,
  rows: () => readonly Job[],
  onDone: (action: BulkAction, ids: string[]) => void,
) {
  const { t } = useI18n()
  const describe = useDescribe()
  const busy = ref<BulkAction | null>(null)
  /** An action that waits for its dialog: for tags, or for a yes. */
  const asked = ref<BulkAction | null>(null)
  const refusal = ref('')
  const outcome = shallowRef<{ action: BulkAction; results: BulkResult[] } | null>(null)

  const marked = computed(() => rows().filter(({ id }) => selection.ids.value.has(id)))
  const names = computed(() => marked.value.map(({ name }) => name))

  function begin(action: BulkAction): void {
    refusal.value = ''
    if (action === 'add_tags' || action === 'remove_tags' || action === 'delete') asked.value = action
    else void act(action)
  }

  async function act(action: BulkAction, tags: string[] = []): Promise<void> {
    const { notify } = await import('@/shared/ui/notify')
    busy.value = action
    try {
      const results = await actOnJobs(action, [...selection.ids.value], tags)
      asked.value = null
      const done = results.filter(({ ok }) => ok)
      onDone(
        action,
        done.map(({ id }) => id),
      )
      // What was refused stays marked, to be looked at, or tried again.
      selection.set(results.filter(({ ok }) => !ok).map(({ id }) => id))
      if (done.length < results.length || action === 'run') outcome.value = { action, results }
      else notify(t('jobsBulk.done', { count: done.length }, done.length))
    } catch (error) {
      if (asked.value === 'delete') refusal.value = describe(error)
      else notify(describe(error), 'error')
    } finally {
      busy.value = null
    }
  }

  return { busy, asked, refusal, outcome, marked, names, begin, act }
}
