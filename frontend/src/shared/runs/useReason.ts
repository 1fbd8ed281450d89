import { useI18n } from 'vue-i18n'

import type { Run } from '@/shared/api'

/** Why a run ended, in a few words; empty when there is nothing to explain. */
export function useReason(): (run: Pick<Run, 'exit_reason' | 'exit_code' | 'exit_signal'>) => string {
  const { t, te } = useI18n()
  return ({ exit_reason: reason, exit_code: code, exit_signal: signal }) => {
    if (!reason) return ''
    if (reason === 'exit_code' && code !== null) return t('exitReasons.exit_code_n', { code })
    if (reason === 'signal' && signal) return t('exitReasons.signal_n', { signal })
    const key = `exitReasons.${reason}`
    return te(key) ? t(key) : reason // a newer server may know more reasons than this page
  }
}
