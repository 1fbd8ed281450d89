import type { KeptDraft } from './definitionDraft'

/** Drafts of a person, by job, in this browser until they are saved. */
const key = (user: string, job: string) => `jiepai.draft.${user}.${job}`

export function findDraft(user: string, job: string): KeptDraft | null {
  try {
    const kept = JSON.parse(localStorage.getItem(key(user, job)) ?? 'null')
    return typeof kept?.version === 'number' && kept.before && kept.after ? kept : null
  } catch {
    return null
  }
}

/** A browser that is full, or keeps nothing, keeps no draft: the page still has it. */
export function keepDraft(user: string, job: string, draft: KeptDraft): void {
  try {
    localStorage.setItem(key(user, job), JSON.stringify(draft))
  } catch {
    dropDraft(user, job) // an old one would come back in its place
  }
}

export function dropDraft(user: string, job: string): void {
  localStorage.removeItem(key(user, job))
}
