import { describe, expect, it } from 'vitest'

import { LogBuffer } from './logBuffer'
import { PlainRows, rowsFor, WrappedRows } from './logRows'
import { LogSearch, piecesOf } from './logSearch'
import { scrollTopFor, TALLEST_PX, windowOf } from './logWindow'

const block = (line: number, text: string, stream: 'out' | 'err' = 'out') => ({
  attempt: 1,
  line,
  text,
  stream,
  at_ms: 0,
})

function linesOf(buffer: LogBuffer): string[] {
  return Array.from({ length: buffer.count }, (_, index) => buffer.text(index))
}

describe('a log buffer', () => {
  it('takes lines in order, each with its stream', () => {
    const buffer = new LogBuffer(1)
    expect(buffer.add(block(1, 'a\n\nb\n'))).toBe(true)
    expect(buffer.add(block(4, 'oops\n', 'err'))).toBe(true)
    expect(linesOf(buffer)).toEqual(['a', '', 'b', 'oops'])
    expect([buffer.stream(2), buffer.stream(3)]).toEqual(['out', 'err'])
  })

  it('skips what it knows and refuses what leaves a hole', () => {
    const buffer = new LogBuffer(1)
    buffer.add(block(1, 'a\nb\n'))
    expect(buffer.add(block(1, 'a\nb\nc\n'))).toBe(true)
    expect(buffer.add(block(2, 'b\n'))).toBe(true)
    expect(buffer.add(block(5, 'e\n'))).toBe(false)
    expect(linesOf(buffer)).toEqual(['a', 'b', 'c'])
  })

  it.each([
    ['\u001b[1;31mred\u001b[0m', 'red'],
    ['\u001b]0;title\u0007text', 'text'],
    ['10%\r50%\r100%', '100%'],
  ])('shows %j as %j', (raw, shown) => {
    const buffer = new LogBuffer(1)
    buffer.add(block(1, `${raw}\n`))
    expect(buffer.text(0)).toBe(shown)
  })
})

describe('colours in a log', () => {
  it('go on from line to line of one stream', () => {
    const buffer = new LogBuffer(1)
    buffer.add(block(1, '\u001b[31mone\n'))
    buffer.add(block(2, 'other\n', 'err'))
    buffer.add(block(3, 'two\u001b[0m end\nplain\n'))
    const coloured = [0, 1, 2, 3].map((index) => buffer.spans(index).map(({ start, end }) => [start, end]))
    expect(coloured).toEqual([[[0, 3]], [], [[0, 3]], []])
  })

  it('tell where the errors begin', () => {
    const buffer = new LogBuffer(1)
    buffer.add(block(1, 'fine\n'))
    expect(buffer.firstError).toBeNull()
    buffer.add({ ...block(2, 'oops\n', 'err'), at_ms: 1200 })
    buffer.add(block(3, 'again\n', 'err'))
    expect(buffer.firstError).toBe(1)
    expect(buffer.atMs(1)).toBe(1200)
  })

  it('do not hide what is searched for', () => {
    const buffer = new LogBuffer(1)
    buffer.add(block(1, '\u001b[31mer\u001b[1mror\u001b[0m in a\u001b[4mll\n'))
    const search = new LogSearch(buffer, 'error in all')
    search.proceed()
    expect(search.found).toEqual([0])
    const pieces = piecesOf(buffer.text(0), 'ror in', buffer.spans(0))
    expect(pieces.map(({ text, isMatch, ink }) => `${text}${isMatch ? '*' : ''}${ink ? '+' : ''}`)).toEqual([
      'er+',
      'ror*+',
      ' in*',
      ' a',
      'll+',
    ])
  })
})

describe('a search', () => {
  it('finds in any case, and goes on when the log grows', () => {
    const buffer = new LogBuffer(1)
    buffer.add(block(1, 'Error one\nfine\nno ERROR\n'))
    const search = new LogSearch(buffer, 'error')
    search.proceed()
    expect(search.found).toEqual([0, 2])
    buffer.add(block(4, 'error again\n'))
    search.proceed()
    expect(search.found).toEqual([0, 2, 3])
  })

  it('for nothing finds nothing', () => {
    const buffer = new LogBuffer(1)
    buffer.add(block(1, 'a\n'))
    const search = new LogSearch(buffer, '')
    search.proceed()
    expect(search.found).toEqual([])
  })

  it.each([
    ['an Error, an ERROR', 'error', ['an ', '[Error]', ', an ', '[ERROR]']],
    ['aaa', 'aa', ['[aa]', 'a']],
    ['', 'x', ['']],
    ['plain', '', ['plain']],
    ['İstanbul error', 'error', ['İstanbul error']],
    ['a.c abc', 'a.c', ['[a.c]', ' abc']],
  ])('marks %j for %j', (line, words, expected) => {
    expect(piecesOf(line, words).map(({ text, isMatch }) => (isMatch ? `[${text}]` : text))).toEqual(expected)
  })
})

describe('the window on a log', () => {
  const LINE = 20
  const VIEW = 400

  it.each([
    ['nothing', 0, 0],
    ['less than a screen', 5, 0],
    ['a long log, at its top', 10_000, 0],
    ['a long log, in the middle', 10_000, 90_000],
    ['a long log, at its end', 10_000, 10_000 * LINE],
    ['ten million lines, at the end', 10_000_000, TALLEST_PX],
    ['ten million lines, in the middle', 10_000_000, TALLEST_PX / 2],
  ])('covers what is in sight of %s', (_name, count, scrollTop) => {
    const { first, end, offset, height } = windowOf(new PlainRows(count), count, scrollTop, VIEW, LINE)
    const at = Math.min(scrollTop, Math.max(0, height - VIEW))
    const seen = Math.min(VIEW, height)
    expect(offset).toBeLessThanOrEqual(at)
    expect(offset + (end - first) * LINE).toBeGreaterThanOrEqual(at + seen)
    expect(end - first).toBeLessThan(60)
    expect(height).toBeLessThanOrEqual(TALLEST_PX)
  })

  it('reaches the very last line of ten million', () => {
    const count = 10_000_000
    expect(windowOf(new PlainRows(count), count, TALLEST_PX, VIEW, LINE).end).toBe(count)
  })

  it.each([
    [0, 10_000],
    [5000, 10_000],
    [9999, 10_000],
    [7_654_321, 10_000_000],
  ])('can be led to line %i of %i', (index, count) => {
    const rows = new PlainRows(count)
    const top = scrollTopFor(rows, index, VIEW, LINE)
    const { first, end, offset } = windowOf(rows, count, top, VIEW, LINE)
    expect(index).toBeGreaterThanOrEqual(first)
    expect(index).toBeLessThan(end)
    const y = offset + (index - first) * LINE - top
    expect(y).toBeGreaterThanOrEqual(-1)
    expect(y).toBeLessThanOrEqual(VIEW - LINE + 1)
  })
})

describe('wrapped lines', () => {
  const heights = Array.from({ length: 300 }, (_, line) => 1 + ((line * 7) % 5))
  const made = () => {
    const rows = new WrappedRows()
    heights.forEach((height) => rows.push(height))
    return rows
  }

  it('know where each line stands, and which line stands where', () => {
    const rows = made()
    let row = 0
    heights.forEach((height, line) => {
      expect(rows.rowOf(line)).toBe(row)
      for (let step = 0; step < height; step += 1) expect(rows.lineAt(row + step)).toBe(line)
      row += height
    })
    expect(rows.total).toBe(row)
    expect(rows.lineAt(row)).toBe(300)
  })

  it('take corrections, also for what comes after', () => {
    const rows = made()
    const before = rows.total
    expect(rows.correct(10, heights[10]!)).toBe(false)
    expect(rows.correct(10, heights[10]! + 4)).toBe(true)
    rows.push(2)
    expect(rows.total).toBe(before + 6)
    expect(rows.rowOf(11)).toBe(heights.slice(0, 11).reduce((sum, one) => sum + one, 4))
    expect(rows.lineAt(rows.total - 1)).toBe(300)
  })

  it('can be led to, wherever they stand', () => {
    const rows = made()
    for (const line of [0, 150, 299]) {
      const top = scrollTopFor(rows, line, 400, 20)
      const { first, end, offset } = windowOf(rows, 300, top, 400, 20)
      const y = offset + (rows.rowOf(line) - rows.rowOf(first)) * 20 - top
      expect(line).toBeGreaterThanOrEqual(first)
      expect(line).toBeLessThan(end)
      expect(y).toBeGreaterThanOrEqual(-1)
      expect(y).toBeLessThan(400)
    }
  })

  it.each([
    ['', 10, 1],
    ['0123456789', 10, 1],
    ['0123456789a', 10, 2],
    ['节拍节拍节拍', 10, 2],
  ])('guess the rows of %j in %i columns as %i', (text, columns, rows) => {
    expect(rowsFor(text, columns)).toBe(rows)
  })
})
