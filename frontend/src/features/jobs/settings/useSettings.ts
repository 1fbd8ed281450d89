import { computed, ref, shallowRef, watch } from 'vue'

import { ApiError, type JobDetail } from '@/shared/api'
import { useProblems } from '@/shared/forms/useProblems'

import { same } from '../code/definitionDraft'
import { getJob, saveJob } from '../jobs.api'

import { changedFields, factsOf, merge, saveOf, type Conflict, type Facts } from './facts'

const MEANWHILE = 'job.changed_meanwhile'

/**
 * A job's settings as they are edited. What others save meanwhile is brought in at once where it touches nothing that
 * was changed here; where it does, mine stays and `conflicts` says what theirs is.
 */
export function useSettings(job: () => JobDetail, onSaved: (job: JobDetail) => void) {
  const base = shallowRef(factsOf(job()))
  const version = ref(job().version)
  const facts = shallowRef<Facts>(base.value)
  const note = ref('')
  const conflicts = shallowRef<Conflict[]>([])
  /** The version that somebody else saved while we were editing; null when nobody did. */
  const overtakenBy = ref<number | null>(null)
  const isSaving = ref(false)
  const fields = computed(() => [...Object.keys(base.value), 'retry', 'limits', 'definition', 'note'])
  const { byField, general, clear, take } = useProblems(fields)

  const changed = computed(() => changedFields(base.value, facts.value))
  const isDirty = computed(() => changed.value.length > 0)

  /** Take over what the server has now. */
  function receive(theirs: JobDetail): void {
    const next = factsOf(theirs)
    if (theirs.version === version.value && same(next, base.value)) return
    if (isDirty.value) {
      const result = merge(base.value, facts.value, next)
      const isNew = (field: string) => result.conflicts.some((one) => one.field === field)
      const unsettled = conflicts.value
        .filter(({ field }) => !isNew(field))
        .map((one) => ({ ...one, theirs: next[one.field] }))
        .filter(({ mine, theirs: other }) => !same(mine, other))
      conflicts.value = [...result.conflicts, ...unsettled]
      facts.value = result.merged
      overtakenBy.value = theirs.version
    } else {
      facts.value = next
      conflicts.value = []
      overtakenBy.value = null
    }
    base.value = next
    version.value = theirs.version
  }
  watch(job, receive)

  function set(field: string, value: unknown): void {
    facts.value = { ...facts.value, [field]: value }
  }

  /** Of a field that both changed: whose is kept. */
  function settle({ field, theirs }: Conflict, isMine: boolean): void {
    if (!isMine) set(field, theirs)
    conflicts.value = conflicts.value.filter((one) => one.field !== field)
  }

  function discard(): void {
    facts.value = base.value
    note.value = ''
    conflicts.value = []
    overtakenBy.value = null
    clear()
  }

  /** Whether it is saved. */
  async function save(): Promise<boolean> {
    clear()
    isSaving.value = true
    const { id } = job()
    try {
      const saved = await saveJob(id, {
        ...saveOf(facts.value, base.value),
        note: note.value,
        expected_version: version.value,
      })
      base.value = factsOf(saved)
      version.value = saved.version
      discard()
      onSaved(saved)
      return true
    } catch (error) {
      // Somebody was faster: what they saved is brought in, and what both changed is asked about.
      if (error instanceof ApiError && error.code === MEANWHILE) receive(await getJob(id))
      else take(error)
      return false
    } finally {
      isSaving.value = false
    }
  }

  return {
    facts,
    note,
    conflicts,
    overtakenBy,
    changed,
    isDirty,
    isSaving,
    byField,
    general,
    set,
    settle,
    discard,
    save,
  }
}
