import type { Ink, Span } from './ansi'

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
  ink: Ink | null
}

/** A line cut up for drawing: where the ink changes, and where words that are searched for begin and end. */
export function piecesOf(line: string, words: string, spans: readonly Span[] = []): Piece[] {
  const matches = matchesIn(line, words)
  if (matches.length === 0 && spans.length === 0) return [{ text: line, isMatch: false, ink: null }]
  const cuts = new Set([0, line.length])
  for (const { start, end } of [...matches, ...spans]) cuts.add(start).add(end)
  const edges = [...cuts].sort((one, other) => one - other)
  const within = (parts: readonly { start: number; end: number }[], at: number) =>
    parts.findIndex(({ start, end }) => start <= at && at < end)
  return edges.slice(0, -1).map((start, step) => ({
    text: line.slice(start, edges[step + 1]),
    isMatch: within(matches, start) >= 0,
    ink: spans[within(spans, start)]?.ink ?? null,
  }))
}

function matchesIn(line: string, words: string): { start: number; end: number }[] {
  const needle = words.toLowerCase()
  const hay = line.toLowerCase()
  // Lower case may be longer ("İ"): then positions don't agree, and the line shows without marks.
  if (!needle || hay.length !== line.length) return []
  const found = []
  for (let at = hay.indexOf(needle); at >= 0; at = hay.indexOf(needle, at + needle.length)) {
    found.push({ start: at, end: at + needle.length })
  }
  return found
}
