import type { JobDetail } from '@/shared/api'

/** What a job's version says, as a form holds it: plain JSON by field. */
export type Fields = Record<string, unknown>

/** A version and the fields it had: what a draft was started from. */
export interface Base {
  version: number
  fields: Fields
}

/** What is kept in the browser: only what differs from the version it was started from, and what that had instead. */
export interface KeptDraft {
  version: number
  before: Fields
  after: Fields
  note: string
  /** ISO 8601. */
  at: string
}

export function fieldsOf(job: JobDetail): Fields {
  return job.definition as unknown as Fields
}

export function same(one: unknown, other: unknown): boolean {
  return one === other || JSON.stringify(sorted(one)) === JSON.stringify(sorted(other))
}

/** The names of the fields in which a draft differs from what it was started from. */
export function changedFields(before: Fields, mine: Fields): string[] {
  return Object.keys(mine).filter((name) => !same(before[name], mine[name]))
}

/** Fields that both have changed, and not to the same. */
export function conflictsOf(before: Fields, mine: Fields, theirs: Fields): string[] {
  return changedFields(before, mine).filter(
    (name) => !same(before[name], theirs[name]) && !same(mine[name], theirs[name]),
  )
}

/** Another's version with one's own changes on top. */
export function onTopOf(before: Fields, mine: Fields, theirs: Fields): Fields {
  const own = changedFields(before, mine).map((name) => [name, mine[name]])
  return { ...theirs, ...Object.fromEntries(own) }
}

export function keep(base: Base, mine: Fields, note: string, at: string): KeptDraft {
  const names = changedFields(base.fields, mine)
  const only = (fields: Fields) => Object.fromEntries(names.map((name) => [name, fields[name] ?? null]))
  return { version: base.version, before: only(base.fields), after: only(mine), note, at }
}

/**
 * A kept draft, taken up on the job as it is now. Of a version that is no longer current only the fields that were
 * changed are known, which is all that a comparison needs.
 */
export function restore(kept: KeptDraft, now: Base): { base: Base; mine: Fields } {
  const base = { version: kept.version, fields: { ...now.fields, ...kept.before } }
  return { base, mine: { ...now.fields, ...kept.after } }
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([name, held]) => [name, sorted(held)] as const)
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
}
