import { computed, ref, shallowRef, watch } from 'vue'

import { useProblems } from '@/shared/forms/useProblems'

import {
  changeDatasource,
  createDatasource,
  testDatasource,
  tryOut,
  type Datasource,
  type Kind,
} from './datasources.api'
import { draftOf, emptyDraft, LIMITS, optionIn, settingsOf, type Draft } from './draft'
import { useConnectionTest } from './useConnectionTest'

const OWN_FIELDS = ['name', 'description', 'kind', 'is_read_only', 'options', ...LIMITS]

/** The form of a datasource: what is typed against what is stored, its test and its save. */
export function useDatasourceForm(
  stored: () => Datasource | undefined,
  kinds: () => readonly Kind[] | undefined,
) {
  const draft = ref<Draft>(emptyDraft())
  /** What the draft began as: the row it was made from, and that as text. */
  const base = shallowRef<Datasource | null>(null)
  const clean = ref(JSON.stringify(draft.value))
  const isSaving = ref(false)
  const tested = ref('')

  const kind = computed(() => kinds()?.find((one) => one.kind === draft.value.kind))
  const names = computed(() => [...OWN_FIELDS, ...(kind.value?.fields.map(({ name }) => name) ?? [])])
  const problems = useProblems(() => names.value)
  const test = useConnectionTest()

  const isDirty = computed(() => JSON.stringify(draft.value) !== clean.value)
  /** The settings have changed since they were tested. */
  const isOutdated = computed(() => tested.value !== JSON.stringify(draft.value))
  /** Somebody else has saved since the draft was begun. */
  const isOvertaken = computed(() => {
    const now = stored()
    return Boolean(base.value && now && now.updated_at !== base.value.updated_at)
  })

  function begin(row: Datasource | undefined): void {
    base.value = row ?? null
    draft.value = row ? draftOf(row) : emptyDraft()
    clean.value = JSON.stringify(draft.value)
    problems.clear()
  }

  watch(
    stored,
    (row) => {
      const isAnother = row?.id !== base.value?.id
      if (isAnother) test.forget()
      if (isAnother || !isDirty.value) begin(row)
    },
    { immediate: true },
  )

  /** Put each objection at its field. */
  function object(error: unknown): void {
    problems.take(error)
    const { options, password } = problems.byField.value
    const option = options && kind.value && optionIn(options, kind.value.fields)
    if (options) {
      delete problems.byField.value.options
      if (option) problems.byField.value[option] = options
      else problems.general.value = options
    }
    if (password) draft.value.deed = 'replace'
  }

  async function tryConnection(): Promise<void> {
    if (!kind.value) return
    problems.clear()
    const id = base.value?.id
    const settings = settingsOf(draft.value, kind.value)
    const isAsStored = id !== undefined && !isDirty.value && base.value?.can_use
    tested.value = JSON.stringify(draft.value)
    try {
      await test.run(() => (isAsStored ? testDatasource(id) : tryOut(settings, id)))
    } catch (error) {
      object(error)
    }
  }

  /**
   * The datasource as it was saved; null when it was refused, and the form says why. `take` makes it the stored one,
   * before anybody could think that somebody else had saved it.
   */
  async function save(take: (saved: Datasource) => void): Promise<Datasource | null> {
    if (!kind.value || isSaving.value) return null
    isSaving.value = true
    problems.clear()
    const settings = settingsOf(draft.value, kind.value)
    const wasTested = !isOutdated.value && test.diagnosis.value !== null
    try {
      const id = base.value?.id
      const saved = await (id ? changeDatasource(id, settings) : createDatasource(settings))
      take(saved)
      begin(saved)
      if (wasTested) tested.value = clean.value // the same settings still
      if (saved.can_use && !saved.last_test) void tryConnection() // so that the list knows how it fares
      return saved
    } catch (error) {
      object(error)
      return null
    } finally {
      isSaving.value = false
    }
  }

  return { draft, problems, test, isDirty, isOutdated, isOvertaken, isSaving, begin, tryConnection, save }
}
