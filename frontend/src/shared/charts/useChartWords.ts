import { computed } from 'vue'
import { useI18n } from 'vue-i18n'

import { useFormat } from '@/shared/i18n/useFormat'

import type { ChartWords } from './options'

export function useChartWords() {
  const { t } = useI18n()
  const format = useFormat()
  return computed<ChartWords>(() => ({
    state: (state) => t(`states.${state}`),
    duration: format.duration,
    number: format.number,
    p50: t('charts.p50'),
    p95: t('charts.p95'),
  }))
}

/** Whether the person wants things to stand still. */
export function isMotionUnwanted(): boolean {
  return matchMedia('(prefers-reduced-motion: reduce)').matches
}
