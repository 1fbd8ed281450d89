import { HighlightStyle, syntaxHighlighting } from '@codemirror/language'
import type { Extension } from '@codemirror/state'
import { EditorView } from '@codemirror/view'
import { tags } from '@lezer/highlight'

/** Colours come from tokens.css, so that one theme serves light and dark and changes without a new editor. */
const highlight = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword, tags.modifier, tags.self], color: 'var(--jp-code-keyword)' },
  {
    tag: [tags.string, tags.special(tags.string), tags.regexp, tags.character],
    color: 'var(--jp-code-string)',
  },
  { tag: [tags.number, tags.bool, tags.null, tags.atom, tags.escape], color: 'var(--jp-code-number)' },
  { tag: tags.meta, color: 'var(--jp-code-comment)' },
  { tag: tags.comment, color: 'var(--jp-code-comment)', fontStyle: 'italic' },
  {
    tag: [
      tags.function(tags.variableName),
      tags.function(tags.definition(tags.variableName)),
      tags.labelName,
    ],
    color: 'var(--jp-code-function)',
  },
  {
    tag: [tags.typeName, tags.className, tags.namespace, tags.standard(tags.name)],
    color: 'var(--jp-code-type)',
  },
  {
    tag: [tags.propertyName, tags.attributeName, tags.definition(tags.propertyName)],
    color: 'var(--jp-code-name)',
  },
  { tag: [tags.operator, tags.punctuation, tags.bracket, tags.separator], color: 'var(--jp-text-soft)' },
  { tag: tags.invalid, color: 'var(--jp-failed)', textDecoration: 'underline wavy' },
])

const control = {
  border: '1px solid var(--jp-line-strong)',
  borderRadius: '6px',
  background: 'var(--jp-surface)',
  color: 'var(--jp-text)',
  font: '13px/1.4 var(--jp-font)',
}

const look = EditorView.theme({
  '&': { color: 'var(--jp-text)', backgroundColor: 'var(--jp-surface)', fontSize: '13px', height: '100%' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--jp-mono)', lineHeight: '1.6', overflow: 'auto' },
  '.cm-content': { caretColor: 'var(--jp-accent)', padding: '8px 0' },
  '.cm-line': { padding: '0 12px 0 8px' },
  '&.cm-focused .cm-cursor, .cm-cursor, .cm-dropCursor': {
    borderLeftColor: 'var(--jp-accent)',
    borderLeftWidth: '2px',
  },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground, .cm-content ::selection':
    { backgroundColor: 'var(--jp-code-selection)' },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'transparent' },
  '&.cm-focused .cm-activeLine': { backgroundColor: 'var(--jp-code-line)' },
  '.cm-gutters': {
    backgroundColor: 'var(--jp-surface)',
    color: 'var(--jp-log-gutter)',
    border: 'none',
    borderRight: '1px solid var(--jp-line)',
  },
  '&.cm-focused .cm-activeLineGutter': { backgroundColor: 'var(--jp-code-line)', color: 'var(--jp-text)' },
  '.cm-lineNumbers .cm-gutterElement': { minWidth: '34px', padding: '0 6px 0 8px' },
  '.cm-foldGutter .cm-gutterElement': { padding: '0 3px', cursor: 'pointer' },
  '.cm-foldPlaceholder': {
    padding: '0 6px',
    border: 'none',
    backgroundColor: 'var(--jp-sunken)',
    color: 'var(--jp-text-soft)',
  },
  '.cm-placeholder': { color: 'var(--jp-text-faint)' },
  '.cm-matchingBracket, &.cm-focused .cm-matchingBracket': {
    backgroundColor: 'var(--jp-code-match)',
    outline: '1px solid var(--jp-line-strong)',
  },
  '&.cm-focused .cm-nonmatchingBracket': { backgroundColor: 'var(--jp-failed-soft)' },
  '.cm-selectionMatch': { backgroundColor: 'var(--jp-code-match)' },
  '.cm-searchMatch': { backgroundColor: 'var(--jp-mark)' },
  '.cm-searchMatch.cm-searchMatch-selected': { backgroundColor: 'var(--jp-mark-now)' },
  '.cm-panels': { backgroundColor: 'var(--jp-sunken)', color: 'var(--jp-text)', zIndex: '5' },
  '.cm-panels.cm-panels-top': { borderBottom: '1px solid var(--jp-line)' },
  '.cm-panels.cm-panels-bottom': { borderTop: '1px solid var(--jp-line)' },
  '.cm-panel': { font: '13px/1.4 var(--jp-font)' },
  '.cm-panel.cm-search': { padding: '8px 36px 8px 10px' },
  '.cm-panel .cm-textfield': { ...control, height: '28px', padding: '0 8px', maxWidth: '100%' },
  '.cm-panel .cm-button': {
    ...control,
    height: '28px',
    padding: '0 10px',
    backgroundImage: 'none',
    cursor: 'pointer',
    '&:hover': { borderColor: 'var(--jp-text-faint)' },
    '&:active': { backgroundImage: 'none', backgroundColor: 'var(--jp-sunken)' },
  },
  '.cm-panel.cm-search label': { color: 'var(--jp-text-soft)', fontSize: '13px' },
  '.cm-panel.cm-search [name=close], .cm-panel [name=close], .cm-dialog-close': {
    top: '8px',
    right: '8px',
    width: '26px',
    height: '26px',
    borderRadius: '6px',
    color: 'var(--jp-text-soft)',
    fontSize: '18px',
    cursor: 'pointer',
  },
  '.cm-tooltip': {
    border: '1px solid var(--jp-line-strong)',
    borderRadius: '8px',
    backgroundColor: 'var(--jp-surface)',
    color: 'var(--jp-text)',
    boxShadow: '0 8px 28px rgb(8 18 22 / 18%)',
    overflow: 'hidden',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': {
    fontFamily: 'var(--jp-mono)',
    fontSize: '13px',
    maxHeight: '14em',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li': { padding: '2px 10px 2px 4px', lineHeight: '1.5' },
  '.cm-tooltip-autocomplete ul li[aria-selected], .cm-tooltip-autocomplete-disabled ul li[aria-selected]': {
    backgroundColor: 'var(--jp-accent-soft)',
    color: 'var(--jp-text)',
  },
  '.cm-completionMatchedText': { color: 'var(--jp-accent)', fontWeight: '650', textDecoration: 'none' },
  '.cm-completionIcon': { opacity: '1', color: 'var(--jp-text-faint)' },
  '.cm-completionDetail': { color: 'var(--jp-text-soft)' },
  '.cm-diagnostic': { padding: '6px 10px', font: '13px/1.45 var(--jp-font)', maxWidth: '60ch' },
  '.cm-diagnostic-error': { borderLeftColor: 'var(--jp-failed)' },
  '.cm-diagnostic-warning': { borderLeftColor: 'var(--jp-queued)' },
  '.cm-lintRange-error': {
    backgroundImage: 'none',
    textDecoration: 'underline wavy var(--jp-failed)',
    textUnderlineOffset: '3px',
  },
  '.cm-lintRange-warning': {
    backgroundImage: 'none',
    textDecoration: 'underline wavy var(--jp-queued)',
    textUnderlineOffset: '3px',
  },
  '.cm-lintPoint:after': { borderBottomColor: 'var(--jp-failed)' },
  // Comparing: what went is red, what came is green, and a sign in the gutter says the same without colour.
  '&.cm-merge-a .cm-changedLine, .cm-deletedChunk': { backgroundColor: 'var(--jp-failed-soft)' },
  '&.cm-merge-b .cm-changedLine, .cm-inlineChangedLine': { backgroundColor: 'var(--jp-succeeded-soft)' },
  '&.cm-merge-a .cm-changedText.cm-changedText, .cm-deletedChunk .cm-deletedText.cm-deletedText': {
    background: 'var(--jp-code-gone)',
  },
  '&.cm-merge-b .cm-changedText.cm-changedText': { background: 'var(--jp-code-come)' },
  '.cm-deletedChunk': { paddingLeft: '8px' },
  '.cm-changeGutter': { width: '4px', paddingLeft: '0' },
  '&.cm-merge-a .cm-changedLineGutter.cm-changedLineGutter, .cm-deletedLineGutter.cm-deletedLineGutter': {
    background: 'var(--jp-failed)',
  },
  '&.cm-merge-b .cm-changedLineGutter.cm-changedLineGutter': { background: 'var(--jp-succeeded)' },
  '.cm-collapsedLines.cm-collapsedLines': {
    padding: '3px 12px',
    background: 'var(--jp-sunken)',
    color: 'var(--jp-text-soft)',
    font: '12px/1.6 var(--jp-font)',
    '&:before, &:after': { content: '"···"' },
  },
})

export const theme: Extension = [look, syntaxHighlighting(highlight)]
