/**
 * What a terminal would show of a line: its text, and in which ink. Colours and emphasis (SGR) are kept; a carriage
 * return or a backspace writes over what stands there; every other command to a terminal is left out.
 */

/** 0–15: the terminal's named colours. Everything finer is drawn as the nearest of them. */
export type Colour = number

export interface Ink {
  readonly colour: Colour | null
  readonly ground: Colour | null
  readonly isBold: boolean
  readonly isDim: boolean
  readonly isItalic: boolean
  readonly isUnderlined: boolean
  readonly isStruck: boolean
  readonly isReversed: boolean
}

/** A stretch of a line in one ink. start, end: in UTF-16 units, as strings count. */
export interface Span {
  start: number
  end: number
  ink: Ink
}

export interface TerminalLine {
  text: string
  /** Only what isn't plain, in order, without overlap. */
  spans: Span[]
  /** The ink that the next line begins in. */
  ink: Ink
}

export const PLAIN: Ink = Object.freeze({
  colour: null,
  ground: null,
  isBold: false,
  isDim: false,
  isItalic: false,
  isUnderlined: false,
  isStruck: false,
  isReversed: false,
})

// The plainest and commonest line holds none of these: it is shown as it came.
const CONTROL = new RegExp(String.raw`[\u0000-\u0008\u000b-\u001f\u007f-\u009f]`)

/**
 * One step through a line: a sequence with parameters (CSI), a string for the terminal (OSC and its like), another
 * escape, one control character, or a stretch of text. A sequence that the line ends before is cut off there: nothing
 * of the text that follows a broken one is taken for a part of it.
 */
const STEP = new RegExp(
  [
    String.raw`\u001b\[([0-?]*)[ -/]*([@-~])`,
    String.raw`\u001b\[[0-?]*[ -/]*`,
    String.raw`\u001b[\]PX^_][^\u0007\u001b]*(?:\u0007|\u001b\\)`,
    String.raw`\u001b(?:[ -/]*[0-~])?`,
    String.raw`[\u0000-\u0008\u000b-\u001f\u007f-\u009f]`,
    String.raw`[^\u0000-\u0008\u000b-\u001f\u007f-\u009f]+`,
  ].join('|'),
  'g',
)

/** ink: what the line before it ended in. */
export function readLine(raw: string, ink: Ink = PLAIN): TerminalLine {
  const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw
  if (!CONTROL.test(line)) {
    return { text: line, spans: ink === PLAIN || !line ? [] : [{ start: 0, end: line.length, ink }], ink }
  }
  const screen = new Screen(ink)
  for (const [step, parameters, final] of line.matchAll(STEP)) {
    if (final === 'm') screen.ink = inkAfter(screen.ink, parameters ?? '')
    else if (final === 'K') screen.erase(Number(parameters || 0))
    else if (step === '\r') screen.cursor = 0
    else if (step === '\b') screen.cursor = Math.max(0, screen.cursor - 1)
    else if (!CONTROL.test(step[0]!)) screen.write(step)
  }
  return screen.read()
}

/** One line of a terminal: a letter and its ink for each cell. */
class Screen {
  cursor = 0
  private readonly letters: string[] = []
  private readonly inks: Ink[] = []

  constructor(public ink: Ink) {}

  write(text: string): void {
    while (this.letters.length < this.cursor) this.put(this.letters.length, ' ', PLAIN)
    for (const letter of text) {
      this.put(this.cursor, letter, this.ink)
      this.cursor += 1
    }
  }

  /** which: 0 from the cursor on, 1 up to it, 2 all. */
  erase(which: number): void {
    if (which === 2) this.letters.length = this.inks.length = 0
    else if (which === 0) this.letters.length = this.inks.length = Math.min(this.cursor, this.letters.length)
    else if (which === 1) {
      this.letters.fill(' ', 0, this.cursor)
      this.inks.fill(PLAIN, 0, this.cursor)
    }
  }

  read(): TerminalLine {
    const spans: Span[] = []
    let text = ''
    this.letters.forEach((letter, at) => {
      const ink = this.inks[at]!
      const last = spans.at(-1)
      const start = text.length
      text += letter
      if (ink === PLAIN) return
      if (last?.ink === ink && last.end === start) last.end = text.length
      else spans.push({ start, end: text.length, ink })
    })
    return { text, spans, ink: this.ink }
  }

  private put(at: number, letter: string, ink: Ink): void {
    this.letters[at] = letter
    this.inks[at] = ink
  }
}

/** Each ink is made once: a log may have a hundred thousand lines in one of them. */
const inks = new Map<string, Ink>()

function mixed(ink: Ink, changes: Partial<Ink>): Ink {
  const next = { ...ink, ...changes }
  const key = Object.values(next).join()
  const held = inks.get(key)
  if (held) return held
  inks.set(key, next)
  return next
}
inks.set(Object.values(PLAIN).join(), PLAIN)

const ON: Record<number, Partial<Ink>> = {
  1: { isBold: true },
  2: { isDim: true },
  3: { isItalic: true },
  4: { isUnderlined: true },
  7: { isReversed: true },
  9: { isStruck: true },
  21: { isUnderlined: true },
  22: { isBold: false, isDim: false },
  23: { isItalic: false },
  24: { isUnderlined: false },
  27: { isReversed: false },
  29: { isStruck: false },
  39: { colour: null },
  49: { ground: null },
}

/** The ink after a "select graphic rendition", whose parameters are given as they were written. */
export function inkAfter(ink: Ink, parameters: string): Ink {
  const numbers = parameters.split(';')
  for (let at = 0; at < numbers.length; at += 1) {
    const [code, ...sub] = numbers[at]!.split(':').map(Number)
    if (code === 38 || code === 48) {
      const isWhole = sub.length > 0 // 38:5:n and 38:2::r:g:b hold all in one parameter; 38;5;n goes on in the next
      const rest = isWhole ? sub : numbers.slice(at + 1, at + 5).map(Number)
      const { colour, taken } = extended(rest, isWhole)
      if (colour !== null) ink = mixed(ink, code === 38 ? { colour } : { ground: colour })
      at += isWhole ? 0 : taken
    } else if (code === 4 && sub[0] === 0) ink = mixed(ink, { isUnderlined: false })
    else ink = simple(ink, code ?? 0)
  }
  return ink
}

function simple(ink: Ink, code: number): Ink {
  if (code === 0) return PLAIN
  const change = ON[code]
  if (change) return mixed(ink, change)
  if (code >= 30 && code <= 37) return mixed(ink, { colour: code - 30 })
  if (code >= 40 && code <= 47) return mixed(ink, { ground: code - 40 })
  if (code >= 90 && code <= 97) return mixed(ink, { colour: code - 82 })
  if (code >= 100 && code <= 107) return mixed(ink, { ground: code - 92 })
  return ink
}

/** A colour of the 256, or one of sixteen million. taken: how many parameters it used up. */
function extended(rest: readonly number[], isWhole: boolean): { colour: Colour | null; taken: number } {
  if (rest[0] === 5) return { colour: isByte(rest[1]) ? ofTable(rest[1]) : null, taken: 2 }
  if (rest[0] !== 2) return { colour: null, taken: 1 }
  const [red, green, blue] = rest.slice(isWhole && rest.length > 4 ? 2 : 1)
  return { colour: isByte(red) && isByte(green) && isByte(blue) ? nearest(red, green, blue) : null, taken: 4 }
}

function isByte(value: number | undefined): value is number {
  return value !== undefined && Number.isInteger(value) && value >= 0 && value <= 255
}

/** The table of 256: the sixteen, a cube of 6 × 6 × 6, and 24 greys. */
function ofTable(index: number): Colour {
  if (index < 16) return index
  if (index >= 232) return nearest(8 + (index - 232) * 10, 8 + (index - 232) * 10, 8 + (index - 232) * 10)
  const level = (step: number) => (step === 0 ? 0 : 55 + step * 40)
  const cell = index - 16
  return nearest(level(Math.floor(cell / 36)), level(Math.floor(cell / 6) % 6), level(cell % 6))
}

/** Of the sixteen, the one of the same hue; the bright half for the bright ones. Greys by how light they are. */
function nearest(red: number, green: number, blue: number): Colour {
  const most = Math.max(red, green, blue)
  const spread = most - Math.min(red, green, blue)
  if (spread < 32) return [0, 8, 7, 15][Math.min(3, Math.floor(most / 64))]!
  const isLight = most > 200 && Math.min(red, green, blue) >= 80
  const part = (level: number) => (level - (most - spread)) / spread
  const bits = [red, green, blue].reduce((sum, level, bit) => sum + (part(level) > 0.5 ? 1 << bit : 0), 0)
  return bits + (isLight ? 8 : 0)
}
