import { computed, ref, watch } from 'vue'

/**
 * Rows that are marked for something, by id. `rows` are those that are loaded; `most`: how many can be marked at once.
 * A marked row that is no longer among the loaded ones stays marked only until `clear`.
 */
export function useSelection(rows: () => readonly { id: string }[], most: number) {
  const ids = ref(new Set<string>())
  let anchor: string | null = null

  const count = computed(() => ids.value.size)
  const isFull = computed(() => ids.value.size >= most)
  const hasAllLoaded = computed(() => {
    const loaded = rows().slice(0, most)
    return loaded.length > 0 && loaded.every(({ id }) => ids.value.has(id))
  })

  function set(chosen: Iterable<string>): void {
    ids.value = new Set([...chosen].slice(0, most))
  }

  /** Mark, or no longer. isRange: also all between it and the one that was touched before. */
  function toggle(id: string, isRange = false): void {
    const chosen = new Set(ids.value)
    const isOn = !chosen.has(id)
    for (const one of isRange ? between(anchor, id) : [id]) {
      if (isOn) chosen.add(one)
      else chosen.delete(one)
    }
    anchor = id
    set(chosen)
  }

  function between(one: string | null, other: string): string[] {
    const held = rows()
    const places = [one, other].map((id) => held.findIndex((row) => row.id === id))
    if (places.includes(-1)) return [other]
    return held.slice(Math.min(...places), Math.max(...places) + 1).map(({ id }) => id)
  }

  function toggleLoaded(): void {
    set(hasAllLoaded.value ? [] : [...ids.value, ...rows().map(({ id }) => id)])
  }

  function clear(): void {
    ids.value = new Set()
  }

  // A row that goes away can't be acted upon any more.
  watch(
    () => rows(),
    (now, before) => {
      if (ids.value.size === 0) return
      const present = new Set(now.map(({ id }) => id))
      const gone = before.filter(({ id }) => !present.has(id) && ids.value.has(id))
      if (gone.length > 0) set([...ids.value].filter((id) => !gone.some((row) => row.id === id)))
    },
  )

  return { ids, count, isFull, hasAllLoaded, set, toggle, toggleLoaded, clear }
}
