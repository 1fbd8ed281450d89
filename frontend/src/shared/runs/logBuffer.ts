import type { LogBlock } from '@/shared/api'

export type LogStream = LogBlock['stream']

// What a terminal would act on and a page can't show: colours, cursor movements, window titles.
const CONTROL = new RegExp(
  String.raw`\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?)`,
  'g',
)

/**
 * The log of one attempt as far as it is known: lines from 1 on, without a hole. A plain object of plain arrays, since
 * a log may have hundreds of thousands of lines; who shows it is told of changes by other means.
 */
export class LogBuffer {
  private readonly lines: string[] = []
  private readonly streams: LogStream[] = []

  constructor(readonly attempt: number) {}

  /** How many lines there are; also the number of the last one. */
  get count(): number {
    return this.lines.length
  }

  /** index: from 0. */
  text(index: number): string {
    return this.lines[index] ?? ''
  }

  stream(index: number): LogStream {
    return this.streams[index] ?? 'out'
  }

  /** Take in some lines; those known already are skipped. False: lines before them are missing, nothing was taken. */
  add(block: LogBlock): boolean {
    const known = this.count - (block.line - 1)
    if (known < 0) return false
    const fresh = block.text.split('\n').slice(known, -1)
    for (const line of fresh) {
      this.lines.push(visible(line))
      this.streams.push(block.stream)
    }
    return true
  }
}

/** What would stand on a terminal in the end: a progress bar that was redrawn shows as it was last. */
function visible(line: string): string {
  const plain = line.includes('\u001b') ? line.replace(CONTROL, '') : line
  return plain.slice(plain.lastIndexOf('\r') + 1)
}
