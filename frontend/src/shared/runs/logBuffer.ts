import type { LogBlock } from '@/shared/api'

import { PLAIN, readLine, type Ink, type Span } from './ansi'

export type LogStream = LogBlock['stream']

const NO_SPANS: readonly Span[] = []

/**
 * The log of one attempt as far as it is known: lines from 1 on, without a hole. A plain object of plain arrays, since
 * a log may have hundreds of thousands of lines; who shows it is told of changes by other means.
 */
export class LogBuffer {
  /** The first line, from 0, that was written to the standard error; null: none so far. */
  firstError: number | null = null
  private readonly lines: string[] = []
  private readonly streams: LogStream[] = []
  /** When a line came, in ms since the attempt began. */
  private readonly times: number[] = []
  /** Of the lines that hold more than text: how they came, and the ink that they begin in. */
  private readonly raw = new Map<number, { line: string; ink: Ink }>()
  /** What each stream writes in now: a colour that a line does not end goes on in the next. */
  private readonly inks = new Map<LogStream, Ink>()

  constructor(readonly attempt: number) {}

  /** How many lines there are; also the number of the last one. */
  get count(): number {
    return this.lines.length
  }

  /** What is to be read of a line. index: from 0. */
  text(index: number): string {
    return this.lines[index] ?? ''
  }

  /** The parts of a line's text that have a colour or an emphasis. */
  spans(index: number): readonly Span[] {
    const raw = this.raw.get(index)
    return raw ? readLine(raw.line, raw.ink).spans : NO_SPANS
  }

  stream(index: number): LogStream {
    return this.streams[index] ?? 'out'
  }

  atMs(index: number): number {
    return this.times[index] ?? 0
  }

  /** Take in some lines; those known already are skipped. False: lines before them are missing, nothing was taken. */
  add(block: LogBlock): boolean {
    const known = this.count - (block.line - 1)
    if (known < 0) return false
    const fresh = block.text.split('\n').slice(known, -1)
    if (fresh.length > 0 && block.stream === 'err') this.firstError ??= this.count
    for (const line of fresh) this.push(line, block)
    return true
  }

  private push(line: string, { stream, at_ms }: LogBlock): void {
    const ink = this.inks.get(stream) ?? PLAIN
    const read = readLine(line, ink)
    if (read.spans.length > 0) this.raw.set(this.count, { line, ink })
    if (read.ink !== ink) this.inks.set(stream, read.ink)
    this.lines.push(read.text)
    this.streams.push(stream)
    this.times.push(at_ms)
  }
}
