import type { JobDetail } from '@/shared/api'
import type { components } from '@/shared/api/schema'
import type { CodeLanguage } from '@/shared/code'

export type Definition = JobDetail['definition']
export type ScriptDefinition = components['schemas']['ScriptDefinition']
export type SqlDefinition = components['schemas']['SqlDefinition']
export type HttpDefinition = components['schemas']['HttpDefinition']

export const isScript = (one: Definition): one is ScriptDefinition => 'source' in one
export const isSql = (one: Definition): one is SqlDefinition => 'statement' in one
export const isHttp = (one: Definition): one is HttpDefinition => 'url' in one

/** The language that a job's text is written in. */
export function languageOf(kind: JobDetail['kind']): CodeLanguage {
  return kind === 'http' ? 'json' : kind
}

/** What a person would read first of a definition: its script, its statement, or its request. */
export function textOf(definition: Definition): string {
  if (isScript(definition)) return definition.source
  if (isSql(definition)) return definition.statement
  const headers = Object.entries(definition.headers).map(([name, value]) => `${name}: ${value}`)
  const { body } = definition
  const content = body === null || body === '' ? [] : ['', typeof body === 'string' ? body : asJson(body)]
  return [`${definition.method} ${definition.url}`, ...headers, ...content].join('\n')
}

export function asJson(value: unknown): string {
  return JSON.stringify(value, null, 2)
}
