/** What JSON can hold. */
export type Json = null | boolean | number | string | Json[] | { [name: string]: Json }
export type Values = Record<string, Json>
export type Schema = Record<string, unknown>

export type FieldKind =
  | 'text'
  | 'number'
  | 'integer'
  | 'boolean'
  | 'choice'
  | 'date'
  | 'datetime'
  /** Several of one scalar kind. */
  | 'list'
  /** An object, one level deep. */
  | 'group'
  /** What no input shows: written as JSON. */
  | 'json'

/** One parameter, as a form asks for it. */
export interface ParamField {
  name: string
  kind: FieldKind
  label: string
  hint: string
  isRequired: boolean
  /** Used by the server where nothing is given; undefined where there is none. */
  fallback: Json | undefined
  /** Of a choice. */
  options: readonly Json[]
  /** Of a list: what each item is. */
  item: ParamField | null
  /** Of a group. */
  fields: readonly ParamField[]
  /** The field's own part of the schema, for its rules. */
  rules: Schema
}

/** Keywords whose meaning no single input has. */
const COMPOSED = ['anyOf', 'oneOf', 'allOf', 'not', 'if', 'const', '$dynamicRef', 'patternProperties']

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The fields of a schema of an object, in its order. */
export function fieldsOf(schema: Schema): ParamField[] {
  return propertiesOf(schema, schema, 0)
}

/** Where the server may find fault: "params.amount", "params.window.from", and the whole last. */
export function pathsOf(schema: Schema, root: string): string[] {
  const below = (fields: readonly ParamField[], path: string): string[] =>
    fields.flatMap((field) => [...below(field.fields, `${path}.${field.name}`), `${path}.${field.name}`])
  return [...below(fieldsOf(schema), root), root]
}

/** Values that are given and that no field shows. */
export function strangers(fields: readonly ParamField[], values: Values): string[] {
  return Object.keys(values).filter((name) => !fields.some((field) => field.name === name))
}

function propertiesOf(schema: Schema, root: Schema, depth: number): ParamField[] {
  const properties = isObject(schema.properties) ? schema.properties : {}
  const required = Array.isArray(schema.required) ? schema.required : []
  return Object.entries(properties).map(([name, rules]) =>
    fieldOf(name, isObject(rules) ? rules : {}, root, required.includes(name), depth),
  )
}

function fieldOf(name: string, given: Schema, root: Schema, isRequired: boolean, depth: number): ParamField {
  const rules = resolved(given, root)
  const field: ParamField = {
    name,
    kind: 'json',
    label: text(rules.title) || name,
    hint: text(rules.description),
    isRequired,
    fallback: depth === 0 ? (rules.default as Json | undefined) : undefined, // the server fills in no deeper ones
    options: [],
    item: null,
    fields: [],
    rules,
  }
  if (COMPOSED.some((keyword) => keyword in rules) || '$ref' in rules) return field
  if (Array.isArray(rules.enum)) return { ...field, kind: 'choice', options: rules.enum as Json[] }
  switch (typeOf(rules)) {
    case 'string':
      return { ...field, kind: textKind(rules) }
    case 'number':
    case 'integer':
    case 'boolean':
      return { ...field, kind: typeOf(rules) as FieldKind }
    case 'array': {
      const item = isObject(rules.items) ? fieldOf(name, rules.items, root, true, depth + 1) : null
      const isScalar = item !== null && !['list', 'group', 'json'].includes(item.kind)
      return isScalar && !('prefixItems' in rules) ? { ...field, kind: 'list', item } : field
    }
    case 'object': {
      const fields = depth === 0 ? propertiesOf(rules, root, depth + 1) : []
      const isOpen = rules.additionalProperties !== undefined && rules.additionalProperties !== false
      return fields.length > 0 && !isOpen ? { ...field, kind: 'group', fields } : field
    }
    default:
      return field
  }
}

function textKind({ format }: Schema): FieldKind {
  if (format === 'date') return 'date'
  return format === 'date-time' ? 'datetime' : 'text'
}

/** The one type besides null, which a field has by being left out. */
function typeOf({ type }: Schema): string {
  const types = (Array.isArray(type) ? type : [type]).filter((one) => one !== 'null')
  return types.length === 1 ? text(types[0]) : ''
}

/** A reference into the schema's own parts, followed once; what is said beside it counts, too. */
function resolved(rules: Schema, root: Schema): Schema {
  const { $ref: target, ...beside } = rules
  if (typeof target !== 'string' || !target.startsWith('#/')) return rules
  const found = target
    .slice(2)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>((at, part) => (isObject(at) ? at[part] : undefined), root)
  return isObject(found) ? { ...found, ...beside } : rules
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
