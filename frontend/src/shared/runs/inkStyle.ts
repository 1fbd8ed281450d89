import type { Ink } from './ansi'

/** How a stretch of a line in some ink is drawn: classes and custom properties of ansi.css. */
export function inkStyle(ink: Ink): { class: string[]; style: Record<string, string> } {
  const { colour, ground } = ink
  const style: Record<string, string> = {}
  if (colour !== null) style['--ink'] = `var(--jp-ansi-${ink.isDim ? colour % 8 : colour})`
  if (ground !== null) style['--ground'] = `var(--jp-ansi-ground-${ground % 8})`
  const words: [string, boolean][] = [
    ['bold', ink.isBold],
    ['dim', ink.isDim],
    ['italic', ink.isItalic],
    ['underlined', ink.isUnderlined],
    ['struck', ink.isStruck],
    ['reversed', ink.isReversed],
  ]
  return { class: ['jp-ink', ...words.filter(([, isSo]) => isSo).map(([word]) => word)], style }
}
