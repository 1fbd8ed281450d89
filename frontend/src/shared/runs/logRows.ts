/** How the lines of a log stand on the screen, in rows of one height. Lines count from 0, rows too. */
export interface LogRows {
  readonly total: number
  /** The line that a row is part of. */
  lineAt(row: number): number
  /** A line's first row. */
  rowOf(line: number): number
}

/** One row each: long lines go on beyond the edge. */
export class PlainRows implements LogRows {
  constructor(readonly total: number) {}

  lineAt(row: number): number {
    return row
  }

  rowOf(line: number): number {
    return line
  }
}

/**
 * Long lines broken at the edge. How many rows a line takes is guessed from its text and put right once it has been
 * drawn. A Fenwick tree of the numbers: each question and each correction costs the logarithm of the length.
 */
export class WrappedRows implements LogRows {
  private readonly heights: number[] = []
  private readonly sums: number[] = [0]

  get count(): number {
    return this.heights.length
  }

  get total(): number {
    return this.rowOf(this.count)
  }

  /** Add the next line. */
  push(rows: number): void {
    this.heights.push(rows)
    const at = this.heights.length
    let sum = rows
    for (let below = at - 1; below > at - (at & -at); below -= below & -below) sum += this.sums[below] ?? 0
    this.sums.push(sum)
  }

  /** Says whether that changes anything. */
  correct(line: number, rows: number): boolean {
    const change = rows - (this.heights[line] ?? rows)
    if (change === 0) return false
    this.heights[line] = rows
    for (let at = line + 1; at < this.sums.length; at += at & -at)
      this.sums[at] = (this.sums[at] ?? 0) + change
    return true
  }

  rowOf(line: number): number {
    let sum = 0
    for (let at = Math.min(line, this.count); at > 0; at -= at & -at) sum += this.sums[at] ?? 0
    return sum
  }

  lineAt(row: number): number {
    let line = 0
    let rest = row
    for (let step = 2 ** Math.floor(Math.log2(Math.max(1, this.count))); step >= 1; step /= 2) {
      const sum = this.sums[line + step]
      if (sum === undefined || sum > rest) continue
      line += step
      rest -= sum
    }
    return line
  }
}

// East Asian letters and signs are twice as wide as others in a monospaced font.
const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/g
const ASCII = /^[\x20-\x7e]*$/

/** About how many rows a line takes when so many letters fit on one. */
export function rowsFor(text: string, columns: number): number {
  const cells = ASCII.test(text) ? text.length : text.length + (text.match(WIDE)?.length ?? 0)
  return Math.max(1, Math.ceil(cells / Math.max(1, columns)))
}
