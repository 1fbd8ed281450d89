import type { LocationQuery, LocationQueryRaw } from 'vue-router'

import type { RunState } from '@/shared/api'
import type { RunFilter } from '@/shared/runs/runs.api'

const STATES: readonly RunState[] = ['queued', 'running', 'succeeded', 'failed', 'cancelled', 'skipped']

const LONGEST_SEARCH = 100

/** The filter that an address names; what makes no sense in it is left out. */
export function filterOf(query: LocationQuery): RunFilter {
  const job = query.job
  return {
    state: STATES.find((state) => state === query.state) ?? null,
    search: typeof query.search === 'string' ? query.search.slice(0, LONGEST_SEARCH) : '',
    job: typeof job === 'string' && /^[0-9a-f-]{36}$/i.test(job) ? job : null,
  }
}

/** The other way round: an address that can be kept and passed on. */
export function queryOf({ state, job, search }: RunFilter): LocationQueryRaw {
  return { ...(state && { state }), ...(job && { job }), ...(search && { search }) }
}
