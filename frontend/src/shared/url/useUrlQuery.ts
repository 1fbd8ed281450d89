import { computed, type WritableComputedRef } from 'vue'
import { useRoute, useRouter, type LocationQueryValue } from 'vue-router'

type Query = Record<string, string | string[] | undefined>

function listed(value: LocationQueryValue | LocationQueryValue[] | undefined): string[] {
  const values = Array.isArray(value) ? value : [value]
  return values.filter((one): one is string => typeof one === 'string' && one !== '')
}

/**
 * Parts of the address's query as refs: a filter in a link is a filter that can be sent to a colleague. Empty values
 * leave the address. Changes replace the entry of the history: the way back leads to the page before.
 */
export function useUrlQuery() {
  const route = useRoute()
  const router = useRouter()
  let pending: Query | null = null

  /** Several changes of one moment become one: each would else start from the address before them. */
  function change(changes: Query): void {
    const isFirst = pending === null
    pending = { ...pending, ...changes }
    if (isFirst) queueMicrotask(write)
  }

  function write(): void {
    const query = { ...route.query, ...pending }
    pending = null
    for (const [name, value] of Object.entries(query)) {
      if (listed(value).length === 0) delete query[name]
    }
    void router.replace({ query, hash: route.hash })
  }

  const text = (name: string): WritableComputedRef<string> =>
    computed({
      get: () => listed(route.query[name])[0] ?? '',
      set: (value) => change({ [name]: value }),
    })

  const list = (name: string): WritableComputedRef<string[]> =>
    computed({
      get: () => listed(route.query[name]),
      set: (value) => change({ [name]: [...value] }),
    })

  return { text, list, change, clear: () => void router.replace({ query: {}, hash: route.hash }) }
}
