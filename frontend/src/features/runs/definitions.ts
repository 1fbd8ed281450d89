import type { components } from '@/shared/api'

export type Definition = components['schemas']['Definition']

/** What stands in place of a likely secret in the definition of a run. */
const MASK = '•••'

export interface DefinitionPair {
  /** The script or the statements; empty where there are none. */
  source: [before: string, after: string]
  /** All the rest, as JSON. */
  rest: [before: string, after: string]
}

/** Two definitions as texts to be compared. A secret that is masked in one of them is masked in both. */
export function textsOf(before: Definition, after: Definition): DefinitionPair {
  const [left, right] = [masked(before, after), masked(after, before)] as Record<string, unknown>[]
  return {
    source: [sourceOf(left!), sourceOf(right!)],
    rest: [restOf(left!), restOf(right!)],
  }
}

/** Under which names code stands in a definition. */
const CODE = ['source', 'statement']

function sourceOf(definition: Record<string, unknown>): string {
  return CODE.map((name) => definition[name])
    .filter((code) => typeof code === 'string')
    .join('\n')
}

function restOf(definition: Record<string, unknown>): string {
  const rest = Object.entries(definition).filter(([name]) => !CODE.includes(name))
  return JSON.stringify(Object.fromEntries(rest), null, 2)
}

/** `value` with masks where `other` has them. */
function masked(value: unknown, other: unknown): unknown {
  if (other === MASK) return MASK
  if (!isObject(value) || !isObject(other)) return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, masked(one, other[name])]))
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
