import { useI18n } from 'vue-i18n'

import { ApiError } from '@/shared/api'

/** A failure in the user's words. The server's sentence is in their language already; only its absence is ours. */
export function useDescribe(): (error: unknown) => string {
  const { t } = useI18n()
  return (error) => {
    if (!(error instanceof ApiError)) return t('errors.unexpected')
    if (error.code === 'network') return t('errors.network')
    if (error.status === 429 && error.retryAfterSeconds !== null) {
      return t('errors.throttled', { seconds: error.retryAfterSeconds }, error.retryAfterSeconds)
    }
    return error.detail || t('errors.http', { status: error.status })
  }
}
