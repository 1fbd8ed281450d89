import { computed } from 'vue'
import { useI18n } from 'vue-i18n'

import type { Run } from '@/shared/api'
import { useFormat } from '@/shared/i18n/useFormat'
import { durationMs, waitingMs } from '@/shared/runs/runTimes'
import { useReason } from '@/shared/runs/useReason'
import { useNow } from '@/shared/time/clock'

import { useHistory } from '../useHistory'

import { rowOf, type Row } from './differences'

/** The facts of two runs side by side, and their attempts. */
export function useFactRows(left: () => Run, right: () => Run) {
  const { t } = useI18n()
  const { duration, instant } = useFormat()
  const reasonOf = useReason()
  const now = useNow()
  const histories = [useHistory(left), useHistory(right)] as const

  const span = (ms: number | null) => (ms === null ? '' : duration(ms))
  const time = (at: string | null) => (at ? instant(at) : '')
  const executors = (side: 0 | 1) =>
    [...new Set(histories[side].attempts.value.map(({ executor }) => executor))].join(', ')

  const facts = computed<Row[]>(() => {
    const runs = [left(), right()] as const
    const both = (label: string, write: (run: Run) => string) => rowOf(label, write(runs[0]), write(runs[1]))
    return [
      both(t('runs.state'), (run) => t(`states.${run.state}`)),
      both(t('runs.reason'), (run) => reasonOf(run)),
      both(t('compare.version'), (run) =>
        run.source === 'trial' ? t('sources.trial') : String(run.version),
      ),
      both(t('runs.source'), (run) => t(`sources.${run.source}`)),
      both(t('runPage.requestedBy'), (run) => run.requested_by ?? ''),
      both(t('rerun.priority'), (run) => String(run.priority)),
      rowOf(t('runPage.executor'), executors(0), executors(1)),
      both(t('runPage.attempts'), (run) => String(run.attempt)),
      both(t('runs.waiting'), (run) => span(waitingMs(run, now.value))),
      both(t('runs.duration'), (run) => span(durationMs(run, now.value))),
      // Two runs are never asked for at once: that these differ says nothing.
      { ...both(t('runs.queuedAt'), (run) => time(run.queued_at)), isDifferent: false },
      { ...both(t('runs.finishedAt'), (run) => time(run.finished_at)), isDifferent: false },
    ]
  })

  const attempts = computed<Row[]>(() => {
    const [ours, theirs] = histories.map((history) => history.attempts.value) as [
      (typeof histories)[0]['attempts']['value'],
      (typeof histories)[0]['attempts']['value'],
    ]
    const told = (attempt: (typeof ours)[number] | undefined) => {
      if (!attempt) return ''
      const how = attempt.finished_at ? reasonOf(attempt) || t('states.succeeded') : t('states.running')
      return `${how} · ${attempt.duration_ms === null ? attempt.executor : duration(attempt.duration_ms)}`
    }
    const count = Math.max(ours.length, theirs.length)
    return Array.from({ length: count }, (_, at) =>
      rowOf(t('runs.attemptNumber', { number: at + 1 }), told(ours[at]), told(theirs[at])),
    )
  })

  return { facts, attempts }
}
