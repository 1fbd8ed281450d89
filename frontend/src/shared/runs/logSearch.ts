/** What a search reads. */
export interface Lines {
  readonly count: number
  text(index: number): string
}

/** Finds the lines that hold some words, and goes on where it stopped when the log has grown. */
export class LogSearch {
  /** Indices of lines, from 0, in order. */
  readonly found: number[] = []
  private readonly needle: string
  private searched = 0

  /** words: found in any case; empty finds nothing. */
  constructor(
    private readonly lines: Lines,
    words: string,
  ) {
    this.needle = words.toLowerCase()
  }

  proceed(): void {
    if (!this.needle) return
    for (; this.searched < this.lines.count; this.searched += 1) {
      if (this.lines.text(this.searched).toLowerCase().includes(this.needle)) this.found.push(this.searched)
    }
  }
}

export interface Piece {
  text: string
  isMatch: boolean
}

/** A line cut up for marking. */
export function piecesOf(line: string, words: string): Piece[] {
  const needle = words.toLowerCase()
  const hay = line.toLowerCase()
  // Lower case may be longer ("İ"): then positions don't agree, and the line shows without marks.
  if (!needle || hay.length !== line.length) return [{ text: line, isMatch: false }]
  const pieces: Piece[] = []
  let from = 0
  for (let at = hay.indexOf(needle); at >= 0; at = hay.indexOf(needle, from)) {
    if (at > from) pieces.push({ text: line.slice(from, at), isMatch: false })
    from = at + needle.length
    pieces.push({ text: line.slice(at, from), isMatch: true })
  }
  if (from < line.length || pieces.length === 0) pieces.push({ text: line.slice(from), isMatch: false })
  return pieces
}
