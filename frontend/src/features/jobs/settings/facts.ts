import type { JobDetail } from '@/shared/api'

import { same } from '../code/definitionDraft'
import type { Definition } from '../definition/definition'

/** What a job's settings hold, flat: `name`, `tags`, `owner`, `timeout_seconds`, `retry.strategy`. */
export type Facts = Record<string, unknown>

/** Members of these count one by one; anything else that has parts counts as a whole. */
const GROUPS = ['retry', 'limits'] as const
/** Facts of the job itself; all others are its definition's. */
const OWN = ['name', 'description', 'tags', 'owner'] as const

/** A copy: what is edited is not what the cache holds. */
export function factsOf(job: JobDetail): Facts {
  const { name, description, tags, owner, definition } = JSON.parse(JSON.stringify(job)) as JobDetail
  const facts: Facts = { name, description, tags, owner }
  for (const [field, value] of Object.entries(definition)) {
    if (isGroup(field)) {
      for (const [inner, one] of Object.entries(value as object)) facts[`${field}.${inner}`] = one
    } else {
      facts[field] = value
    }
  }
  return facts
}

/** What a save sends: the whole definition, and of the job's own facts those that changed. */
export function saveOf(facts: Facts, base: Facts) {
  const definition: Record<string, unknown> = {}
  for (const [path, value] of Object.entries(facts)) {
    const [field, inner] = path.split('.') as [string, string?]
    if ((OWN as readonly string[]).includes(field)) continue
    if (inner === undefined) definition[field] = value
    else definition[field] = { ...(definition[field] as object | undefined), [inner]: value }
  }
  const own = Object.fromEntries(
    OWN.filter((name) => !same(facts[name], base[name])).map((name) => [name, facts[name]]),
  )
  return { ...own, definition: definition as unknown as Definition } as {
    name?: string
    description?: string
    tags?: string[]
    owner?: string
    definition: Definition
  }
}

export interface Conflict {
  field: string
  mine: unknown
  theirs: unknown
}

/**
 * My changes of `base` brought onto what somebody else has made of it. Where only one side changed a field, that side
 * has it; where both did, mine stays and the field is named.
 */
export function merge(base: Facts, mine: Facts, theirs: Facts): { merged: Facts; conflicts: Conflict[] } {
  const merged: Facts = { ...theirs }
  const conflicts: Conflict[] = []
  for (const field of changedFields(base, mine)) {
    merged[field] = mine[field]
    if (!same(theirs[field], base[field]) && !same(theirs[field], mine[field])) {
      conflicts.push({ field, mine: mine[field], theirs: theirs[field] })
    }
  }
  return { merged, conflicts }
}

export function changedFields(before: Facts, after: Facts): string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (field) => !same(before[field], after[field]),
  )
}

function isGroup(field: string): boolean {
  return (GROUPS as readonly string[]).includes(field)
}
