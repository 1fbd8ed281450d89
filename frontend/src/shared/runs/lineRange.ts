/** Lines of a log, counted from 1, both ends included. */
export interface LineRange {
  from: number
  to: number
}

const HASH = /^#L([1-9]\d{0,8})(?:-L([1-9]\d{0,8}))?$/
const COMMAND = /^:([1-9]\d{0,8})(?:-([1-9]\d{0,8}))?$/

/** The lines that the end of an address names, as in `#L120` or `#L120-L140`. */
export function rangeOfHash(hash: string): LineRange | null {
  return ordered(HASH.exec(hash))
}

export function hashOf(range: LineRange | null): string {
  if (!range) return ''
  return range.from === range.to ? `#L${range.from}` : `#L${range.from}-L${range.to}`
}

/** The lines that are asked for in a search field, as in `:120` or `:120-140`. */
export function rangeOfCommand(typed: string): LineRange | null {
  return ordered(COMMAND.exec(typed.trim()))
}

/** The range after a line was clicked: that line, or with the shift key all from where the range began. */
export function rangeAfter(range: LineRange | null, line: number, isExtending: boolean): LineRange | null {
  if (isExtending && range) return { from: Math.min(range.from, line), to: Math.max(range.from, line) }
  return range?.from === line && range.to === line ? null : { from: line, to: line }
}

function ordered(found: RegExpExecArray | null): LineRange | null {
  if (!found) return null
  const ends = [Number(found[1]), Number(found[2] ?? found[1])]
  return { from: Math.min(...ends), to: Math.max(...ends) }
}
