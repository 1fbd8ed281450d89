import { EditorState, type Extension } from '@codemirror/state'

/** What the editor says by itself, and where our catalogues have it. */
const PHRASES = {
  Find: 'code.find',
  Replace: 'code.replaceWith',
  next: 'code.next',
  previous: 'code.previous',
  all: 'code.all',
  'match case': 'code.matchCase',
  regexp: 'code.regexp',
  'by word': 'code.byWord',
  replace: 'code.replace',
  'replace all': 'code.replaceAll',
  close: 'code.close',
  'current match': 'code.currentMatch',
  'on line': 'code.onLine',
  'Go to line': 'code.goToLine',
  go: 'code.go',
  Diagnostics: 'code.diagnostics',
  'No diagnostics': 'code.noDiagnostics',
  Completions: 'code.completions',
  'Control character': 'code.controlCharacter',
  'Selection deleted': 'code.selectionDeleted',
  'Fold line': 'code.foldLine',
  'Unfold line': 'code.unfoldLine',
  'Folded lines': 'code.foldedLines',
  'Unfolded lines': 'code.unfoldedLines',
  'folded code': 'code.foldedCode',
  unfold: 'code.unfold',
  to: 'code.to',
} as const

/** Those that name something: the editor writes `$` for it. */
const NAMING = {
  'replaced match on line $': 'code.replacedOne',
  'replaced $ matches': 'code.replacedMany',
  '$ unchanged lines': 'code.unchanged',
} as const

/** The editor in the user's language. */
export function phrasesIn(t: (key: string, named?: Record<string, string>) => string): Extension {
  const said = Object.entries(PHRASES).map(([english, key]) => [english, t(key)])
  const naming = Object.entries(NAMING).map(([english, key]) => [english, t(key, { what: '$' })])
  return EditorState.phrases.of(Object.fromEntries([...said, ...naming]))
}
