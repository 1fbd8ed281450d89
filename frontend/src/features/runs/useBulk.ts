import { ref } from 'vue'
import { useI18n } from 'vue-i18n'

import type { Run } from '@/shared/api'
import { useDescribe } from '@/shared/i18n/describe'
import { cancelRun, rerun } from '@/shared/runs/runs.api'
import { isOver } from '@/shared/runs/runs.cache'

/** So many runs can be marked at once: each costs a request. */
export const MOST = 100

/** Requests that are under way at the same time. */
const AT_ONCE = 4

/** Doing one thing with many runs, after a question; `done` of `total` says how far it is. */
export function useBulk(rows: () => Run[], clear: () => void) {
  const { t } = useI18n()
  const describe = useDescribe()
  const done = ref(0)
  const total = ref(0)

  async function each(runs: Run[], act: (run: Run) => Promise<unknown>): Promise<unknown[]> {
    const left = [...runs]
    const failures: unknown[] = []
    done.value = 0
    total.value = runs.length
    const work = async () => {
      for (let run = left.shift(); run; run = left.shift()) {
        await act(run).catch((error: unknown) => failures.push(error))
        done.value += 1
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, work))
    total.value = 0
    return failures
  }

  async function ask(
    kind: 'cancel' | 'rerun',
    runs: Run[],
    act: (run: Run) => Promise<unknown>,
  ): Promise<void> {
    const count = runs.length
    const { confirmDanger, notify } = await import('@/shared/ui/notify')
    const names = [...new Set(runs.map((run) => run.job.name))]
    const jobs = names.slice(0, 3).join(t('bulk.comma')) + (names.length > 3 ? t('bulk.andMore') : '')
    const isSure = await confirmDanger({
      title:
        kind === 'cancel' ? t('bulk.cancelTitle', { count }, count) : t('bulk.rerunTitle', { count }, count),
      message: t('bulk.ofJobs', { jobs }),
      yes: kind === 'cancel' ? t('bulk.cancel') : t('bulk.rerun'),
      no: t('bulk.keep'),
    })
    if (!isSure) return
    const failures = await each(runs, act)
    clear()
    if (failures.length === 0) notify(t('bulk.done', { count }, count))
    else {
      const failed = failures.length
      notify(t('bulk.failed', { failed, count, reason: describe(failures[0]) }, failed), 'error')
    }
  }

  return {
    done,
    total,
    cancellable: () => rows().filter((run) => run.can_operate && !isOver(run)),
    repeatable: () => rows().filter((run) => run.can_rerun),
    cancelAll: (runs: Run[]) => ask('cancel', runs, (run) => cancelRun(run.id)),
    rerunAll: (runs: Run[]) => ask('rerun', runs, (run) => rerun(run.id)),
  }
}
