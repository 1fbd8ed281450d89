/** The rows that a query gave, as the server tells of them. */
export interface ResultRows {
  columns: { name: string; type: string }[]
  /** The first ones. */
  rows: unknown[][]
  /** How many there were; more, when `truncated`. */
  row_count: number
  truncated: boolean
  csv_rows: number
}

/** Whether a result is rows of a query; anything else is shown as JSON. */
export function isRows(data: unknown): data is ResultRows {
  if (typeof data !== 'object' || data === null) return false
  const { columns, rows, row_count } = data as Partial<ResultRows>
  return (
    Array.isArray(columns) &&
    columns.every((column) => typeof column?.name === 'string' && typeof column.type === 'string') &&
    Array.isArray(rows) &&
    rows.every((row) => Array.isArray(row)) &&
    typeof row_count === 'number'
  )
}

const NUMERIC = /int|numeric|decimal|float|double|real|money|serial|number/i
const NOT_NUMERIC = /interval|point/i

/** Numbers stand at the right, so that their digits are below each other. */
export function isNumeric(type: string): boolean {
  return NUMERIC.test(type) && !NOT_NUMERIC.test(type)
}

/** A value as it stands in its cell. NULL is for the cell to show. */
export function cellText(value: unknown): string {
  if (value === null || value === undefined) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

export interface Sorting {
  column: number
  isDescending: boolean
}

/** The next sorting when a column's head is clicked: up, down, and back to the order of the query. */
export function sortingAfter(sorting: Sorting | null, column: number): Sorting | null {
  if (sorting?.column !== column) return { column, isDescending: false }
  return sorting.isDescending ? null : { column, isDescending: true }
}

const collator = new Intl.Collator(undefined, { numeric: true })

/** A copy of the rows in order. NULL comes last either way; equal rows keep the order that they had. */
export function sorted(rows: readonly unknown[][], sorting: Sorting | null, numeric: boolean): unknown[][] {
  if (!sorting) return [...rows]
  const { column, isDescending } = sorting
  const sign = isDescending ? -1 : 1
  return [...rows].sort((one, other) => {
    const [left, right] = [one[column], other[column]]
    if (left === null || right === null) return Number(left === null) - Number(right === null)
    const difference = numeric ? Number(left) - Number(right) : 0
    // Exact numbers beyond what a float holds come as digits; those that look alike are told apart as text.
    if (difference) return sign * difference
    return sign * collator.compare(cellText(left), cellText(right))
  })
}
