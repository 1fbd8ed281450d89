import { useI18n } from 'vue-i18n'

/** Fields of a definition in words: "retry.max_attempts" and what it holds. */
export function useFieldWords() {
  const { t, te } = useI18n()

  function nameOf(path: string): string {
    const whole = `definitionFields.${path.replaceAll('.', '_')}`
    if (te(whole)) return t(whole)
    const [group, ...rest] = path.split('.')
    const key = `definitionFields.${group}`
    return te(key) ? [t(key), rest.join('.')].filter(Boolean).join(': ') : path
  }

  function valueOf(value: unknown): string {
    if (value === null || value === undefined || value === '') return t('jobVersions.nothing')
    if (value === true) return t('jobVersions.yes')
    if (value === false) return t('jobVersions.no')
    if (Array.isArray(value)) return value.length > 0 ? value.join(', ') : t('jobVersions.nothing')
    if (typeof value === 'object') {
      return Object.keys(value).length > 0 ? JSON.stringify(value) : t('jobVersions.nothing')
    }
    return String(value)
  }

  return { nameOf, valueOf }
}
