import type { Diagnostic } from '@codemirror/lint'
import type { Text } from '@codemirror/state'

/** Something wrong in a text. Lines and columns count from 1; without a column the whole line is meant. */
export interface Flaw {
  line: number
  column?: number | null
  message: string
  severity?: 'error' | 'warning'
}

/** Where the editor marks it: from the column to the end of the word there, within the text as it is now. */
export function diagnosticOf(flaw: Flaw, doc: Text): Diagnostic {
  const line = doc.line(Math.min(Math.max(1, flaw.line), doc.lines))
  const { severity = 'error', message } = flaw
  if (flaw.column == null) return { from: line.from, to: line.to, severity, message }
  const start = Math.min(Math.max(0, flaw.column - 1), line.length)
  const word = /^[\p{L}\p{N}_]+|^./u.exec(line.text.slice(start))?.[0] ?? ''
  return { from: line.from + start, to: line.from + start + word.length, severity, message }
}
