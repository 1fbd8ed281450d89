import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { inkAfter, PLAIN } from './ansi'
import { inkStyle } from './inkStyle'

const AA = 4.5

/** The custom properties of a theme: the dark one changes some of the light one's. */
function tokensOf(theme: 'light' | 'dark'): Map<string, string> {
  const css = ['../../styles/tokens.css', 'ansi.css']
    .map((name) => readFileSync(join(import.meta.dirname, name), 'utf8'))
    .join('\n')
  const tokens = new Map<string, string>()
  for (const selector of theme === 'light' ? [':root'] : [':root', 'html.dark']) {
    for (const [, block] of css.matchAll(new RegExp(`^${selector} \\{([^}]*)\\}`, 'gm'))) {
      for (const [, name, value] of block!.matchAll(/(--[\w-]+):\s*(#[\da-f]{6});/g))
        tokens.set(name!, value!)
    }
  }
  return tokens
}

/** WCAG 2.2, "relative luminance" and "contrast ratio". */
function luminance(colour: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const level = parseInt(colour.slice(at, at + 2), 16) / 255
    return level <= 0.04045 ? level / 12.92 : ((level + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!
}

function contrast(one: string, other: string): number {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b)
  return (light! + 0.05) / (dark! + 0.05)
}

describe.each(['light', 'dark'] as const)('in the %s theme', (theme) => {
  const tokens = tokensOf(theme)
  const inks = ['--jp-text', '--jp-failed', '--jp-accent', ...range(16).map((at) => `--jp-ansi-${at}`)]
  const grounds = [
    '--jp-log',
    '--jp-sunken',
    '--jp-accent-soft',
    ...range(8).map((at) => `--jp-ansi-ground-${at}`),
  ]

  it.each(inks)('%s is readable on every ground, and so is the other way round', (ink) => {
    const poor = grounds.filter((ground) => contrast(tokens.get(ink)!, tokens.get(ground)!) < AA)
    expect(poor).toEqual([])
  })
})

function range(count: number): number[] {
  return Array.from({ length: count }, (_, at) => at)
}

it('draws an ink', () => {
  expect(inkStyle(inkAfter(PLAIN, '1;4;91;44'))).toEqual({
    class: ['jp-ink', 'bold', 'underlined'],
    style: { '--ink': 'var(--jp-ansi-9)', '--ground': 'var(--jp-ansi-ground-4)' },
  })
  expect(inkStyle(inkAfter(PLAIN, '2;91')).style).toEqual({ '--ink': 'var(--jp-ansi-1)' })
})
