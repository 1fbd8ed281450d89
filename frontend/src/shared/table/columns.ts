import { computed, ref, watch, type Ref } from 'vue'

export interface Column {
  name: string
  /** In the reader's language. */
  label: string
  /** A track of CSS grid, such as `minmax(180px, 2fr)`. */
  width: string
  /** What the column needs, in pixels; where the room ends, columns of the greatest rank are left out first. */
  leastPx: number
  /** 0: always there, and nobody can choose it away. */
  rank: number
  /** What the server calls it when it orders by it. */
  ordering?: string
  isAtEnd?: boolean
}

export type Density = 'roomy' | 'dense'

interface Layout {
  hidden: string[]
  density: Density
}

function stored(key: string): Layout {
  try {
    const { hidden, density } = JSON.parse(localStorage.getItem(key) ?? '{}')
    return {
      hidden: Array.isArray(hidden) ? hidden.map(String) : [],
      density: density === 'dense' ? 'dense' : 'roomy',
    }
  } catch {
    return { hidden: [], density: 'roomy' }
  }
}

/** Which columns of a table are shown and how close its rows stand, remembered in this browser under `name`. */
export function useTableLayout(name: string, all: Ref<readonly Column[]>) {
  const key = `jiepai.table.${name}`
  const layout = ref(stored(key))
  watch(layout, (now) => localStorage.setItem(key, JSON.stringify(now)), { deep: true })

  return {
    columns: computed(() =>
      all.value.filter(({ name, rank }) => rank === 0 || !layout.value.hidden.includes(name)),
    ),
    hidden: computed({
      get: () => layout.value.hidden,
      set: (hidden) => (layout.value = { ...layout.value, hidden }),
    }),
    density: computed({
      get: () => layout.value.density,
      set: (density) => (layout.value = { ...layout.value, density }),
    }),
  }
}

/** The columns that have room side by side, in their order. width: what there is, in pixels. */
export function fitting(columns: readonly Column[], width: number): Column[] {
  const kept = new Set(columns)
  let needed = columns.reduce((sum, { leastPx }) => sum + leastPx, 0)
  for (const column of [...columns].sort((one, other) => other.rank - one.rank)) {
    if (needed <= width || column.rank === 0) break
    kept.delete(column)
    needed -= column.leastPx
  }
  return columns.filter((column) => kept.has(column))
}

/** `ordering` turned by a click on a header: ascending, descending, the list's own order. */
export function turned(ordering: string, field: string): string {
  if (ordering === field) return `-${field}`
  return ordering === `-${field}` ? '' : field
}
