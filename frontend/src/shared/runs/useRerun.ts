import { ref } from 'vue'
import { useI18n } from 'vue-i18n'
import { useRouter } from 'vue-router'

import type { Run } from '@/shared/api'
import { useDescribe } from '@/shared/i18n/describe'

import { rerun } from './runs.api'

/** Asking for a run once more, as it was. The page of the new run is gone to. */
export function useRerun() {
  const { t } = useI18n()
  const router = useRouter()
  const describe = useDescribe()
  const isAsking = ref(false)

  async function again(run: Run): Promise<void> {
    isAsking.value = true
    try {
      await goTo(await rerun(run.id))
    } catch (error) {
      const { notify } = await import('@/shared/ui/notify')
      notify(describe(error), 'error')
    } finally {
      isAsking.value = false
    }
  }

  /** Say that a run was asked for, and show it. */
  async function goTo(fresh: Run): Promise<void> {
    const { notify } = await import('@/shared/ui/notify')
    notify(t('runs.rerunDone', { job: fresh.job.name }))
    await router.push({ name: 'run', params: { id: fresh.id } })
  }

  return { again, goTo, isAsking }
}
