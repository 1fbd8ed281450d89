import { ref } from 'vue'
import { useI18n } from 'vue-i18n'

import type { Run } from '@/shared/api'
import { useDescribe } from '@/shared/i18n/describe'

import { cancelRun } from './runs.api'

/** Cancelling runs, after a question. `busy` holds the ids that are under way. */
export function useCancel() {
  const { t } = useI18n()
  const describe = useDescribe()
  const busy = ref(new Set<string>())

  async function cancel(run: Run): Promise<void> {
    // Dialogs are loaded when first needed; the list itself goes without.
    const { confirmDanger, notify } = await import('@/shared/ui/notify')
    const job = run.job.name
    const isSure = await confirmDanger({
      title: t('runs.cancelTitle'),
      message: run.state === 'queued' ? t('runs.cancelQueued', { job }) : t('runs.cancelRunning', { job }),
      yes: t('runs.cancelConfirm'),
      no: t('runs.cancelKeep'),
    })
    if (!isSure) return
    busy.value.add(run.id)
    try {
      await cancelRun(run.id)
      notify(t('runs.cancelled', { job }))
    } catch (error) {
      notify(describe(error), 'error')
    } finally {
      busy.value.delete(run.id)
    }
  }

  return { cancel, busy }
}
