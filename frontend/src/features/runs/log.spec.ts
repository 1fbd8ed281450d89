import { describe, expect, it } from 'vitest'

import { LogBuffer } from './logBuffer'
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
    ['plain [1;31m', 'plain [1;31m'],
  ])('shows %j as %j', (raw, shown) => {
    const buffer = new LogBuffer(1)
    buffer.add(block(1, `${raw}\n`))
    expect(buffer.text(0)).toBe(shown)
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
    const { first, end, offset, height } = windowOf(count, scrollTop, VIEW, LINE)
    const at = Math.min(scrollTop, Math.max(0, height - VIEW))
    const seen = Math.min(VIEW, height)
    expect(offset).toBeLessThanOrEqual(at)
    expect(offset + (end - first) * LINE).toBeGreaterThanOrEqual(at + seen)
    expect(end - first).toBeLessThan(60)
    expect(height).toBeLessThanOrEqual(TALLEST_PX)
  })

  it('reaches the very last line of ten million', () => {
    const count = 10_000_000
    expect(windowOf(count, TALLEST_PX, VIEW, LINE).end).toBe(count)
  })

  it.each([
    [0, 10_000],
    [5000, 10_000],
    [9999, 10_000],
    [7_654_321, 10_000_000],
  ])('can be led to line %i of %i', (index, count) => {
    const { first, end, offset } = windowOf(count, scrollTopFor(index, count, VIEW, LINE), VIEW, LINE)
    expect(index).toBeGreaterThanOrEqual(first)
    expect(index).toBeLessThan(end)
    const top = scrollTopFor(index, count, VIEW, LINE)
    const y = offset + (index - first) * LINE - top
    expect(y).toBeGreaterThanOrEqual(-1)
    expect(y).toBeLessThanOrEqual(VIEW - LINE + 1)
  })
})
