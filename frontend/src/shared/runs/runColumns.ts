import { computed } from 'vue'
import { useI18n } from 'vue-i18n'

import type { Column } from '@/shared/table/columns'

/**
 * The columns of a list of runs. What matters least goes first when there is no room. isOfOneJob: each row is known by
 * when it was asked for, not by its job.
 */
export function useRunColumns(isOfOneJob = false) {
  const { t } = useI18n()
  return computed<Column[]>(() => {
    const job = { name: 'job', label: t('runs.job'), width: 'minmax(180px, 2fr)', leastPx: 180, rank: 0 }
    const queued = { name: 'queued', label: t('runs.queuedAt'), width: '150px', leastPx: 150, rank: 1 }
    return [
      isOfOneJob ? { ...queued, rank: 0 } : job,
      { name: 'state', label: t('runs.state'), width: '138px', leastPx: 138, rank: 0 },
      { name: 'source', label: t('runs.source'), width: '96px', leastPx: 96, rank: 5 },
      { name: 'attempt', label: t('runs.attempt'), width: '74px', leastPx: 74, rank: 6, isAtEnd: true },
      ...(isOfOneJob ? [] : [queued]),
      { name: 'waiting', label: t('runs.waiting'), width: '96px', leastPx: 96, rank: 4, isAtEnd: true },
      { name: 'duration', label: t('runs.duration'), width: '104px', leastPx: 104, rank: 2, isAtEnd: true },
      { name: 'reason', label: t('runs.reason'), width: 'minmax(130px, 1fr)', leastPx: 130, rank: 3 },
    ]
  })
}
