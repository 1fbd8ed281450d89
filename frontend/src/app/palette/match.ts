/**
 * How well `words` fit a label: every word must be in it, in any order and case; the greater the better, null: not at
 * all. A word at the start of the label counts most, then one at the start of a word of it, then anywhere.
 */
export function fit(words: string, label: string): number | null {
  const text = label.toLowerCase()
  let score = 0
  for (const word of words.toLowerCase().split(/\s+/).filter(Boolean)) {
    const at = text.indexOf(word)
    if (at < 0) return null
    score += at === 0 ? 3 : /[^\p{L}\p{N}]/u.test(text[at - 1] ?? '') ? 2 : 1
  }
  return score
}

/** Those that fit, the best first; equals stay in their order. */
export function ranked<T>(words: string, items: readonly T[], labelOf: (item: T) => string): T[] {
  return items
    .map((item) => ({ item, score: fit(words, labelOf(item)) }))
    .filter((one): one is { item: T; score: number } => one.score !== null)
    .sort((one, other) => other.score - one.score)
    .map(({ item }) => item)
}

const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** Whether this is the whole id of a job or a run, as it is copied from a page. */
export function isId(words: string): boolean {
  return ID.test(words.trim())
}
