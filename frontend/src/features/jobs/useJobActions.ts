import { useQueryClient } from '@tanstack/vue-query'
import { ref, shallowRef } from 'vue'
import { useI18n } from 'vue-i18n'

import type { Job, JobDetail } from '@/shared/api'
import { useDescribe } from '@/shared/i18n/describe'

import { deleteJob, getJob, pauseJob, resumeJob, runJob } from './jobs.api'

type Named = Pick<Job, 'id' | 'name'>

/** What is done with one job at a time. `busy`: ids of those that something is under way with. */
export function useJobActions(onChanged: (job: JobDetail) => void = () => {}) {
  const { t } = useI18n()
  const describe = useDescribe()
  const client = useQueryClient()
  const busy = ref(new Set<string>())
  /** Its run waits for parameters. */
  const asked = shallowRef<JobDetail | null>(null)
  /** It is about to be deleted. */
  const doomed = shallowRef<Named | null>(null)
  const refusal = ref('')

  async function attempt(id: string, what: () => Promise<string | null>): Promise<void> {
    const { notify } = await import('@/shared/ui/notify')
    busy.value.add(id)
    try {
      const done = await what()
      if (done) notify(done)
    } catch (error) {
      notify(describe(error), 'error')
    } finally {
      busy.value.delete(id)
    }
  }

  /** Run a job: at once, or after its parameters have been asked for. */
  async function run({ id, name }: Named): Promise<void> {
    await attempt(id, async () => {
      const job = await client.fetchQuery({ queryKey: ['job', id], queryFn: () => getJob(id) })
      if (hasParameters(job)) {
        asked.value = job
        return null
      }
      await runJob(id, {})
      return t('jobs.runRequested', { name })
    })
  }

  async function pauseOrResume(job: Named & Pick<Job, 'is_paused'>): Promise<void> {
    await attempt(job.id, async () => {
      const changed = await (job.is_paused ? resumeJob(job.id) : pauseJob(job.id))
      client.setQueryData(['job', job.id], changed)
      onChanged(changed)
      const { name } = job
      return job.is_paused ? t('jobs.resumed', { name }) : t('jobs.pausedNow', { name })
    })
  }

  /** Delete the job that was asked about. Whether it is gone. */
  async function confirmDelete(): Promise<boolean> {
    const job = doomed.value
    if (!job) return false
    const { notify } = await import('@/shared/ui/notify')
    busy.value.add(job.id)
    refusal.value = ''
    try {
      await deleteJob(job.id)
      doomed.value = null
      notify(t('jobs.deleted', { name: job.name }))
      return true
    } catch (error) {
      refusal.value = describe(error)
      return false
    } finally {
      busy.value.delete(job.id)
    }
  }

  return { run, pauseOrResume, confirmDelete, asked, doomed, refusal, busy }
}

export function hasParameters({ definition }: JobDetail): boolean {
  return Object.keys((definition.parameters.properties as object | undefined) ?? {}).length > 0
}
