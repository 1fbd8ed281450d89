import { ref, toValue, type MaybeRefOrGetter } from 'vue'

import { ApiError } from '@/shared/api'
import { useDescribe } from '@/shared/i18n/describe'

/** What the server objected to: by field where it named one that the form knows, else about the whole. */
export function useProblems(fields: MaybeRefOrGetter<readonly string[]>) {
  const describe = useDescribe()
  const byField = ref<Record<string, string>>({})
  const general = ref('')

  function clear(): void {
    byField.value = {}
    general.value = ''
  }

  function take(error: unknown): void {
    clear()
    const named = error instanceof ApiError ? error.errors : []
    const rest: string[] = []
    for (const { field, detail } of named) {
      const known = toValue(fields).find((one) => field === one || field.startsWith(`${one}.`))
      if (known) byField.value[known] ??= detail
      else rest.push(detail)
    }
    if (rest.length > 0) general.value = rest.join(' ')
    else if (named.length === 0) general.value = describe(error)
  }

  return { byField, general, clear, take }
}
