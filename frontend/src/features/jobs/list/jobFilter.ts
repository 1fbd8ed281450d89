import { computed } from 'vue'

import type { JobKind, RunState } from '@/shared/api'
import { useUrlQuery } from '@/shared/url/useUrlQuery'

export const KINDS: readonly JobKind[] = ['python', 'shell', 'sql', 'http']
/** How the newest run went; `none`: there is none. */
export const LAST_STATES = [
  'queued',
  'running',
  'succeeded',
  'failed',
  'cancelled',
  'skipped',
  'none',
] as const
export type LastState = RunState | 'none'

const LONGEST_SEARCH = 100
const ORDERINGS = ['name', 'kind', 'created_at', 'updated_at']

export interface JobFilter {
  search: string
  kind: JobKind[]
  /** All of them must be there. */
  tag: string[]
  owner: string
  is_paused: boolean | null
  last_state: LastState[]
  /** A field, behind a minus where the greatest comes first. */
  ordering: string
}

export const NO_FILTER: JobFilter = {
  search: '',
  kind: [],
  tag: [],
  owner: '',
  is_paused: null,
  last_state: [],
  ordering: 'name',
}

/** The names that filters have in the address. */
const NAMES = ['search', 'kind', 'tag', 'owner', 'paused', 'last', 'ordering'] as const

function known<T extends string>(words: readonly string[], all: readonly T[]): T[] {
  return all.filter((one) => words.includes(one))
}

/** The list's filter as the address has it: what makes no sense there is left out. */
export function useJobFilter() {
  const url = useUrlQuery()
  const search = url.text('search')
  const kind = url.list('kind')
  const tag = url.list('tag')
  const owner = url.list('owner')
  const paused = url.list('paused')
  const last = url.list('last')
  const ordering = url.text('ordering')

  const filter = computed<JobFilter>(() => ({
    search: search.value.slice(0, LONGEST_SEARCH),
    kind: known(kind.value, KINDS),
    tag: tag.value,
    owner: owner.value[0] ?? '',
    is_paused: paused.value[0] === 'yes' ? true : paused.value[0] === 'no' ? false : null,
    last_state: known(last.value, LAST_STATES),
    ordering: ORDERINGS.includes(ordering.value.replace(/^-/, '')) ? ordering.value : 'name',
  }))
  const isNarrowed = computed(() => Object.keys(narrowing(filter.value)).length > 0)

  function clear(): void {
    url.change(
      Object.fromEntries(NAMES.filter((name) => name !== 'ordering').map((name) => [name, undefined])),
    )
  }

  return { filter, isNarrowed, clear, search, kind, tag, owner, paused, last, ordering }
}

/** What the server is asked to narrow the list by. */
export function narrowing({ search, kind, tag, owner, is_paused, last_state }: JobFilter) {
  return {
    ...(search && { search }),
    ...(kind.length > 0 && { kind }),
    ...(tag.length > 0 && { tag }),
    ...(owner && { owner }),
    ...(is_paused !== null && { is_paused }),
    ...(last_state.length > 0 && { last_state }),
  }
}
