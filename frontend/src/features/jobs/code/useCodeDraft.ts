import { computed, onScopeDispose, ref, shallowRef, watch } from 'vue'

import { ApiError, type JobDetail } from '@/shared/api'
import { useProblems } from '@/shared/forms/useProblems'
import { useSessionStore } from '@/shared/session/session.store'

import { getJob } from '../jobs.api'
import { saveDefinition } from './code.api'
import {
  changedFields,
  conflictsOf,
  fieldsOf,
  keep,
  onTopOf,
  restore,
  type Base,
  type Fields,
} from './definitionDraft'
import { dropDraft, findDraft, keepDraft } from './keptDrafts'

/** A draft is kept so long after the last key. */
const KEEP_MS = 400

const FIELDS = [
  'source',
  'statement',
  'datasource',
  'url',
  'method',
  'headers',
  'body',
  'expected_status',
  'parameters',
]

export type Saved = { job: JobDetail; merged: boolean }

/**
 * The definition of a job while it is edited: started from a version, kept in this browser until it is saved, saved on
 * top of what others saved meanwhile as long as both did not change the same field.
 */
export function useCodeDraft(job: () => JobDetail) {
  const user = useSessionStore().user?.id ?? ''
  const baseOf = (of: JobDetail): Base => ({ version: of.version, fields: fieldsOf(of) })

  const base = shallowRef<Base>(baseOf(job()))
  const mine = shallowRef<Fields>(base.value.fields)
  const note = ref('')
  const isSaving = ref(false)
  /** When the draft was kept that has come back; empty when none has. */
  const restoredAt = ref('')
  /** What somebody else saved, where it collides with the draft. */
  const theirs = shallowRef<JobDetail | null>(null)
  const problems = useProblems(FIELDS)
  const changed = computed(() => changedFields(base.value.fields, mine.value))
  const isDirty = computed(() => changed.value.length > 0)
  /** The job has a version that this draft does not know. */
  const isBehind = computed(() => job().version > base.value.version)

  const kept = findDraft(String(user), job().id)
  if (kept) {
    const found = restore(kept, base.value)
    if (changedFields(found.base.fields, found.mine).length > 0) {
      base.value = found.base
      mine.value = found.mine
      note.value = kept.note
      restoredAt.value = kept.at
    }
  }

  let timer: ReturnType<typeof setTimeout> | undefined
  function keepNow(): void {
    clearTimeout(timer)
    timer = undefined
    if (!isDirty.value) dropDraft(String(user), job().id)
    else keepDraft(String(user), job().id, keep(base.value, mine.value, note.value, new Date().toISOString()))
  }
  watch([mine, note], () => {
    clearTimeout(timer)
    timer = setTimeout(keepNow, KEEP_MS)
  })
  onScopeDispose(() => timer !== undefined && keepNow())

  /** Nothing of one's own: follow what is saved. */
  watch(job, (now) => {
    if (!isDirty.value) startFrom(now)
  })

  function startFrom(now: JobDetail): void {
    base.value = baseOf(now)
    mine.value = base.value.fields
    note.value = ''
    restoredAt.value = ''
    theirs.value = null
    problems.clear()
    keepNow()
  }

  function set(name: string, value: unknown): void {
    mine.value = { ...mine.value, [name]: value }
  }

  /** null: it was not saved, and why is told. */
  async function save(): Promise<Saved | null> {
    if (isSaving.value || !isDirty.value) return null
    isSaving.value = true
    problems.clear()
    try {
      return await attempt(false)
    } catch (error) {
      problems.take(error)
      return null
    } finally {
      isSaving.value = false
    }
  }

  async function attempt(merged: boolean): Promise<Saved | null> {
    const body = { definition: mine.value, note: note.value, expected_version: base.value.version }
    try {
      const saved = await saveDefinition(job().id, body)
      startFrom(saved)
      return { job: saved, merged }
    } catch (error) {
      if (!(error instanceof ApiError && error.code === 'job.changed_meanwhile')) throw error
      const now = await getJob(job().id)
      if (conflictsOf(base.value.fields, mine.value, fieldsOf(now)).length > 0) {
        theirs.value = now
        return null
      }
      moveOnto(now)
      return attempt(true)
    }
  }

  /** One's own changes, on top of another's version from here on. */
  function moveOnto(now: JobDetail): void {
    mine.value = onTopOf(base.value.fields, mine.value, fieldsOf(now))
    base.value = baseOf(now)
    theirs.value = null
  }

  return {
    base,
    mine,
    note,
    changed,
    isDirty,
    isBehind,
    isSaving,
    restoredAt,
    theirs,
    problems,
    set,
    save,
    startFrom,
    moveOnto,
  }
}
