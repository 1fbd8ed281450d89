// Fails when a first visit to a page loads more than the budget: gzip, every script and style it needs at once.
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const BUDGET_KB = 250
const dist = new URL('../dist/', import.meta.url)
const manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', dist), 'utf8'))

const sizeOf = (file) => gzipSync(readFileSync(new URL(file, dist)), { level: 9 }).length

/** The files of a manifest entry and of all that it imports statically. */
function filesOf(key, seen = new Set()) {
  if (seen.has(key)) return new Set()
  seen.add(key)
  const chunk = manifest[key]
  const files = new Set([chunk.file, ...(chunk.css ?? [])])
  for (const imported of chunk.imports ?? []) filesOf(imported, seen).forEach((file) => files.add(file))
  return files
}

const keys = Object.keys(manifest)
const entry = filesOf(keys.find((key) => manifest[key].isEntry))
const shell = keys.filter((key) => key.endsWith('/AppShell.vue')).map((key) => filesOf(key))
const languages = keys
  .filter((key) => /i18n\/(en|zh-Hans)\/index\.ts$/.test(key))
  .map((key) => filesOf(key))
  .map((files) => [...files].reduce((sum, file) => sum + sizeOf(file), 0))
const language = Math.max(0, ...languages)
// What shared brings is a part of pages, loaded when it is first shown.
const pages = keys.filter(
  (key) => /^src\/(app|features)\/.*View\.vue$/.test(key) && manifest[key].isDynamicEntry,
)
if (pages.length === 0) throw new Error('The manifest names no page.')

let isOver = false
for (const page of pages) {
  const files = new Set([...entry, ...shell.flatMap((set) => [...set]), ...filesOf(page)])
  const kb = ([...files].reduce((sum, file) => sum + sizeOf(file), 0) + language) / 1000
  isOver ||= kb > BUDGET_KB
  console.log(`${kb > BUDGET_KB ? 'over' : 'ok  '} ${kb.toFixed(1).padStart(6)} of ${BUDGET_KB} kB  ${page}`)
}
process.exitCode = isOver ? 1 : 0
