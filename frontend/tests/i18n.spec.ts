import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

import { NodeTypes, type RootNode, type TemplateChildNode } from '@vue/compiler-core'
import { parse } from '@vue/compiler-sfc'
import { describe, expect, it } from 'vitest'

const SOURCE = join(import.meta.dirname, '../src')

/** Attributes that people read or hear. */
const SPOKEN = new Set(['title', 'placeholder', 'alt', 'label', 'aria-label', 'aria-description', 'hint'])
const LETTER = /\p{L}/u
const HAN = /\p{Script=Han}/u

function flatten(tree: object, prefix = ''): Map<string, string> {
  return new Map(
    Object.entries(tree).flatMap(([key, value]) =>
      typeof value === 'string' ? [[prefix + key, value]] : [...flatten(value, `${prefix}${key}.`)],
    ) as [string, string][],
  )
}

const files = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.(vue|ts)$/.test(name) && !/\.(spec|d)\.ts$/.test(name))
  .map((name) => ({ name, text: readFileSync(join(SOURCE, name), 'utf8') }))

function hardCoded(node: RootNode | TemplateChildNode): string[] {
  const own: string[] = []
  if (node.type === NodeTypes.TEXT && LETTER.test(node.content)) own.push(node.content.trim())
  if (node.type === NodeTypes.INTERPOLATION) {
    const strings = node.content.loc.source.replace(/\$?\bt\((['"`]).*?\1/g, '').match(/(['"`]).*?\1/g) ?? []
    own.push(...strings.filter((text) => LETTER.test(text)))
  }
  if (node.type === NodeTypes.ELEMENT) {
    for (const prop of node.props) {
      const isSpoken = prop.type === NodeTypes.ATTRIBUTE && SPOKEN.has(prop.name)
      if (isSpoken && LETTER.test(prop.value?.content ?? ''))
        own.push(`${prop.name}="${prop.value?.content}"`)
    }
  }
  const children = 'children' in node && Array.isArray(node.children) ? node.children : []
  return [...own, ...children.flatMap((child) => hardCoded(child as TemplateChildNode))]
}

// Read, not imported: an import gives what the build has compiled them into.
const catalogue = (language: string) => {
  const folder = join(SOURCE, 'shared/i18n', language)
  const parts = readdirSync(folder).filter((name) => name.endsWith('.json'))
  return flatten(
    Object.assign({}, ...parts.map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')))),
  )
}
const english = catalogue('en')
const chinese = catalogue('zh-Hans')

describe('the catalogues', () => {
  it('have the same keys', () => {
    expect([...chinese.keys()].sort()).toEqual([...english.keys()].sort())
  })

  it('name the same things in the same sentence', () => {
    const named = (text: string) => [...new Set(text.match(/\{\w+\}/g))].sort()
    for (const [key, text] of english) expect(named(chinese.get(key) ?? ''), key).toEqual(named(text))
  })

  it('hold every key that the code asks for, and no other', () => {
    const asked = new Set<string>()
    const families = new Set<string>()
    for (const { text } of files) {
      for (const [, key] of text.matchAll(/\bt\(\s*'([\w.-]+)'/g)) asked.add(key!)
      for (const [, key] of text.matchAll(/'(\w+\.\w+)'/g)) if (english.has(key!)) asked.add(key!)
      for (const [, prefix] of text.matchAll(/`(\w+\.)\$\{/g)) families.add(prefix!)
    }
    expect([...asked].filter((key) => !english.has(key))).toEqual([])
    const isAsked = (key: string) => asked.has(key) || [...families].some((prefix) => key.startsWith(prefix))
    expect([...english.keys()].filter((key) => !isAsked(key))).toEqual([])
  })
})

describe('hard-coded text', () => {
  const components = files.filter(({ name }) => name.endsWith('.vue'))

  it.each(components)('is not in the template of $name', ({ name, text }) => {
    const { descriptor } = parse(text, { filename: name })
    expect(descriptor.template?.ast).toBeDefined()
    expect(hardCoded(descriptor.template!.ast!)).toEqual([])
  })

  it('is not in Chinese anywhere in the code', () => {
    const code = (text: string) => text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
    expect(files.filter(({ text }) => HAN.test(code(text))).map(({ name }) => name)).toEqual([])
  })

  it('would be found', () => {
    const { descriptor } = parse('<template><p :title="x">{{ ok ? "Yes" : t("a.b") }} No</p></template>')
    expect(hardCoded(descriptor.template!.ast!)).toEqual(['"Yes"', 'No'])
  })
})
