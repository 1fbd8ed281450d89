import { useI18n } from 'vue-i18n'

import { shown } from './paramCheck'
import type { Json } from './paramFields'

/** A value of a parameter, as it is said to people. */
export function useParamWords(): (value: Json) => string {
  const { t } = useI18n()
  return (value) => {
    if (typeof value === 'boolean') return t(value ? 'params.yes' : 'params.no')
    return Array.isArray(value) ? value.map(shown).join(', ') : shown(value)
  }
}
