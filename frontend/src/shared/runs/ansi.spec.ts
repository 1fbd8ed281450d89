import { describe, expect, it } from 'vitest'

import { inkAfter, PLAIN, readLine, type Ink } from './ansi'

const ESC = '\u001b'
const RED = 1
const BRIGHT_RED = 9

/** A line as "plain[text|what its ink has]plain". */
function told(raw: string, ink: Ink = PLAIN): string {
  const { text, spans } = readLine(raw, ink)
  let out = ''
  let from = 0
  for (const { start, end, ink } of spans) {
    const has = Object.entries(ink)
      .filter(([, value]) => value !== null && value !== false)
      .map(([name, value]) => (value === true ? name.slice(2).toLowerCase() : `${name} ${value}`))
    out += `${text.slice(from, start)}[${text.slice(start, end)}|${has.join(', ')}]`
    from = end
  }
  return out + text.slice(from)
}

describe('colours and emphasis', () => {
  it.each([
    ['plain', 'plain'],
    [`${ESC}[31mred${ESC}[0m plain`, '[red|colour 1] plain'],
    [`${ESC}[31mred${ESC}[m plain`, '[red|colour 1] plain'],
    [`${ESC}[1;31mloud`, '[loud|colour 1, bold]'],
    [`${ESC}[2;3;4;9mfour`, '[four|dim, italic, underlined, struck]'],
    [`${ESC}[7;41mback`, '[back|ground 1, reversed]'],
    [`${ESC}[1m${ESC}[31ma${ESC}[22mb${ESC}[39mc`, '[a|colour 1, bold][b|colour 1]c'],
    [`${ESC}[91;102mbright`, '[bright|colour 9, ground 10]'],
    [`${ESC}[4mu${ESC}[24mn${ESC}[4:3mw${ESC}[4:0mn`, '[u|underlined]n[w|underlined]n'],
    [`${ESC}[38;5;9mnamed`, '[named|colour 9]'],
    [`${ESC}[38;5;196;1mcube`, '[cube|colour 1, bold]'],
    [`${ESC}[38;5;240mgrey`, '[grey|colour 8]'],
    [`${ESC}[38;2;250;30;20;4mtrue`, '[true|colour 1, underlined]'],
    [`${ESC}[48;2;30;200;220mground`, '[ground|ground 6]'],
    [`${ESC}[38:2::255:120:120mcolons`, '[colons|colour 9]'],
    [`${ESC}[38:5:21mcolons`, '[colons|colour 4]'],
    [`${ESC}[38;2;999;0;0mno colour`, 'no colour'],
    [`${ESC}[58;1mneighbour`, '[neighbour|bold]'],
    [`${ESC}[31m日志${ESC}[0m 完`, '[日志|colour 1] 完'],
  ])('reads %j', (raw, expected) => {
    expect(told(raw)).toBe(expected)
  })

  it('goes on in the ink that the line before ended in', () => {
    const { ink } = readLine(`${ESC}[31mbegins`)
    expect(ink.colour).toBe(RED)
    expect(told('goes on', ink)).toBe('[goes on|colour 1]')
    expect(told('', ink)).toBe('')
    expect(readLine(`ends${ESC}[0m`, ink).ink).toBe(PLAIN)
  })

  it('makes each ink once', () => {
    expect(inkAfter(PLAIN, '1;31')).toBe(inkAfter(inkAfter(PLAIN, '31'), '1'))
    expect(inkAfter(inkAfter(PLAIN, '1'), '22')).toBe(PLAIN)
    expect(inkAfter(PLAIN, '91').colour).toBe(BRIGHT_RED)
  })
})

describe('what else is sent to a terminal', () => {
  it.each([
    ['a cursor that moves', `${ESC}[2Aup${ESC}[10;5H here`, 'up here'],
    ['a window title', `${ESC}]0;title\u0007text`, 'text'],
    ['a title with the other end', `${ESC}]2;title${ESC}\\text`, 'text'],
    ['a link', `${ESC}]8;;https://example.com${ESC}\\here${ESC}]8;;${ESC}\\.`, 'here.'],
    ['a hidden cursor', `${ESC}[?25lwork${ESC}[?25h`, 'work'],
    ['another alphabet', `${ESC}(Btext`, 'text'],
    ['a bell and a null', 'a\u0007b\u0000c', 'abc'],
    ['a tab, which stays', 'a\tb', 'a\tb'],
    ['what only looks like it', 'plain [1;31m', 'plain [1;31m'],
  ])('drops %s', (_name, raw, expected) => {
    expect(readLine(raw).text).toBe(expected)
  })
})

describe('a broken sequence', () => {
  it.each([
    ['at the end of the line', `text${ESC}[1;3`, 'text'],
    ['alone', `text${ESC}`, 'text'],
    ['within which another begins', `a${ESC}[1;${ESC}[31mb`, 'a[b|colour 1]'],
    ['a title without an end', `${ESC}]0;title`, '0;title'],
    ['with an unknown parameter', `${ESC}[1;?9mtext`, '[text|bold]'],
  ])('%s takes no text with it', (_name, raw, expected) => {
    expect(told(raw)).toBe(expected)
  })

  it('at the end of a line eats nothing of the next', () => {
    const first = readLine(`one${ESC}[3`)
    expect(told('1mtwo', first.ink)).toBe('1mtwo')
  })
})

describe('what is written over', () => {
  it.each([
    ['the last state of a progress bar', '10%\r50%\r100%', '100%'],
    ['what a shorter text leaves', 'loading\rok', 'okading'],
    ['what was cleared first', `loading\r${ESC}[Kok`, 'ok'],
    ['a line that was cleared whole', `loading${ESC}[2K\rdone`, 'done'],
    ['a line end of Windows', 'text\r', 'text'],
    ['a spinner', 'work |\b/\b-\b done', 'work  done'],
    ['letters of two units', '😀😀\r😎', '😎😀'],
    ['its ink', `${ESC}[31mold\r${ESC}[32mn`, '[n|colour 2][ld|colour 1]'],
  ])('shows %s', (_name, raw, expected) => {
    expect(told(raw)).toBe(expected)
  })
})
