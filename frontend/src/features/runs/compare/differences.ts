export interface Row {
  label: string
  left: string
  right: string
  isDifferent: boolean
}

/** What two objects of any JSON say, name by name; each name that one of them has. */
export function rowsOf(left: Record<string, unknown>, right: Record<string, unknown>): Row[] {
  const names = [...new Set([...Object.keys(left), ...Object.keys(right)])].sort()
  return names.map((name) => rowOf(name, write(left[name]), write(right[name])))
}

export function rowOf(label: string, left: string, right: string): Row {
  return { label, left, right, isDifferent: left !== right }
}

/** Names in order, so that two objects that mean the same look the same. */
export function write(value: unknown): string {
  if (value === undefined) return ''
  return typeof value === 'string' ? value : JSON.stringify(value, sortKeys)
}

export function sortKeys(_name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)))
}
