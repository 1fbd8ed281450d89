import { CompletionContext, type CompletionResult } from '@codemirror/autocomplete'
import { EditorState, Text } from '@codemirror/state'
import { describe, expect, it } from 'vitest'

import { diagnosticOf } from './diagnostics'
import { supportOf, type CodeLanguage } from './languages'
import { replacement } from './replacement'

describe('a replacement', () => {
  it.each([
    ['', 'new', { from: 0, to: 0, insert: 'new' }],
    ['all', '', { from: 0, to: 3, insert: '' }],
    ['x=1\ny=2\n', 'x = 1\ny=2\n', { from: 1, to: 2, insert: ' = ' }],
    ['aaa', 'aa', { from: 2, to: 3, insert: '' }],
    ['ab', 'abab', { from: 2, to: 2, insert: 'ab' }],
    ['same', 'same', null],
  ])('of %j by %j is the smallest', (before, after, expected) => {
    const found = replacement(before, after)
    expect(found).toEqual(expected)
    if (found) expect(before.slice(0, found.from) + found.insert + before.slice(found.to)).toBe(after)
  })
})

describe('a flaw', () => {
  const doc = Text.of(['import os', '  prinf(1)', ''])

  it.each([
    ['a whole line without a column', { line: 1 }, 'import os'],
    ['the word at its column', { line: 2, column: 3 }, 'prinf'],
    ['one sign that is no word', { line: 2, column: 8 }, '('],
    ['nothing, behind the end of its line', { line: 2, column: 99 }, ''],
    ['the last line, when the text has become shorter', { line: 99, column: 1 }, ''],
  ])('marks %s', (_name, at, marked) => {
    const { from, to } = diagnosticOf({ ...at, message: 'no' }, doc)
    expect(doc.sliceString(from, to)).toBe(marked)
  })
})

describe('completion', () => {
  async function offered(language: CodeLanguage, text: string, dialect?: string): Promise<string[]> {
    const state = EditorState.create({ doc: text, extensions: [await supportOf(language, dialect)] })
    const context = new CompletionContext(state, text.length, true)
    const sources = state.languageDataAt<(at: CompletionContext) => CompletionResult | null>(
      'autocomplete',
      text.length,
    )
    const results = await Promise.all(
      sources.map((source) => (typeof source === 'function' ? source(context) : null)),
    )
    return results.flatMap((result) => result?.options.map(({ label }) => label) ?? [])
  }

  it.each([
    ['python', 'amount = 1\nprint(am', ['amount', 'print', 'def']],
    ['shell', 'target=/tmp\nwhi', ['while', 'target']],
    ['sql', 'select customer from t where cus', ['customer', 'SELECT']],
    ['json', '{"customer": "cus', ['customer']],
  ] as const)('of %s offers its words and those of the text', async (language, text, words) => {
    expect(await offered(language, text)).toEqual(expect.arrayContaining([...words]))
  })

  it('of SQL speaks the dialect of the datasource', async () => {
    expect(await offered('sql', 'on conf', 'postgresql')).toContain('CONFLICT')
    expect(await offered('sql', 'on conf')).not.toContain('CONFLICT')
  })
})
