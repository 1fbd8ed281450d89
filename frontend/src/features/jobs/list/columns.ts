import { computed } from 'vue'
import { useI18n } from 'vue-i18n'

import type { Column } from '@/shared/table/columns'

/** The columns of the list of jobs, in their order. */
export function useJobColumns() {
  const { t } = useI18n()
  return computed<Column[]>(() => [
    {
      name: 'name',
      label: t('jobs.name'),
      width: 'minmax(200px, 3fr)',
      leastPx: 200,
      rank: 0,
      ordering: 'name',
    },
    { name: 'kind', label: t('jobs.kind'), width: '76px', leastPx: 76, rank: 5, ordering: 'kind' },
    { name: 'state', label: t('jobs.state'), width: '136px', leastPx: 136, rank: 1 },
    { name: 'strip', label: t('jobs.recent'), width: '138px', leastPx: 138, rank: 3 },
    { name: 'next', label: t('jobs.nextFire'), width: '150px', leastPx: 150, rank: 2 },
    { name: 'schedule', label: t('jobs.schedule'), width: 'minmax(150px, 2fr)', leastPx: 150, rank: 4 },
    { name: 'owner', label: t('jobs.owner'), width: 'minmax(80px, 1fr)', leastPx: 90, rank: 7 },
    {
      name: 'updated',
      label: t('jobs.updatedAt'),
      width: '146px',
      leastPx: 146,
      rank: 6,
      ordering: 'updated_at',
    },
  ])
}
