import { isObject, type Json, type ParamField, type Schema, type Values } from './paramFields'

/** What is wrong with one field: a key of the catalogue (`paramProblems.…`) and what its sentence names. */
export interface ParamProblem {
  code: string
  named: Record<string, string | number>
}

/**
 * What the server would refuse, by the field's path below the parameters ("amount", "window.from"). Only what a field
 * of the form can be told to mend: the rest is the server's to say.
 */
export function checkValues(fields: readonly ParamField[], values: Values): Record<string, ParamProblem> {
  const found: Record<string, ParamProblem> = {}
  for (const field of fields) {
    const value = values[field.name]
    if (value === undefined) {
      if (field.isRequired && field.fallback === undefined) found[field.name] = problem('required')
      continue
    }
    if (field.kind === 'group' && isObject(value)) {
      for (const [path, below] of Object.entries(checkValues(field.fields, value as Values))) {
        found[`${field.name}.${path}`] = below
      }
      continue
    }
    const wrong = checkValue(field, value)
    if (wrong) found[field.name] = wrong
  }
  return found
}

function checkValue(field: ParamField, value: Json): ParamProblem | null {
  const { rules, kind } = field
  if (value === null && Array.isArray(rules.type) && rules.type.includes('null')) return null
  switch (kind) {
    case 'text':
      return typeof value === 'string' ? checkText(value, rules) : problem('text')
    case 'date':
      return typeof value === 'string' && isDate(value) ? checkText(value, rules) : problem('date')
    case 'datetime':
      return typeof value === 'string' && isDateTime(value) ? checkText(value, rules) : problem('datetime')
    case 'number':
    case 'integer':
      return checkNumber(value, kind, rules)
    case 'boolean':
      return typeof value === 'boolean' ? null : problem('boolean')
    case 'choice':
      return field.options.some((option) => same(option, value)) ? null : problem('choice')
    case 'list':
      return checkList(field, value)
    case 'group':
      return problem('group')
    case 'json':
      return null
  }
}

function checkText(value: string, rules: Schema): ParamProblem | null {
  const length = [...value].length
  const [least, most] = [rules.minLength, rules.maxLength]
  if (typeof least === 'number' && length < least) return problem('minLength', { least, length })
  if (typeof most === 'number' && length > most) return problem('maxLength', { most, length })
  if (typeof rules.pattern === 'string' && !matches(rules.pattern, value)) {
    return problem('pattern', { pattern: rules.pattern })
  }
  return null
}

/** A pattern that this language can't read is the server's to apply. */
function matches(pattern: string, value: string): boolean {
  try {
    return new RegExp(pattern, 'u').test(value)
  } catch {
    return true
  }
}

function checkNumber(value: Json, kind: 'number' | 'integer', rules: Schema): ParamProblem | null {
  if (typeof value !== 'number') return problem(kind)
  if (kind === 'integer' && !Number.isInteger(value)) return problem('integer')
  const limit = (keyword: string) => (typeof rules[keyword] === 'number' ? (rules[keyword] as number) : null)
  const [least, most] = [limit('minimum'), limit('maximum')]
  const [above, below] = [limit('exclusiveMinimum'), limit('exclusiveMaximum')]
  if (least !== null && value < least) return problem('minimum', { least })
  if (most !== null && value > most) return problem('maximum', { most })
  if (above !== null && value <= above) return problem('above', { least: above })
  if (below !== null && value >= below) return problem('below', { most: below })
  const step = limit('multipleOf')
  if (step !== null && !Number.isInteger(Number((value / step).toPrecision(15)))) {
    return problem('multipleOf', { step })
  }
  return null
}

function checkList(field: ParamField, value: Json): ParamProblem | null {
  if (!Array.isArray(value)) return problem('list')
  for (const [index, item] of value.entries()) {
    const wrong = checkValue(field.item!, item)
    if (wrong) return problem('item', { number: index + 1, code: wrong.code, ...wrong.named })
  }
  const { minItems: least, maxItems: most, uniqueItems } = field.rules
  if (typeof least === 'number' && value.length < least) return problem('minItems', { least })
  if (typeof most === 'number' && value.length > most) return problem('maxItems', { most })
  if (uniqueItems === true) {
    const twice = value.findIndex((item, index) => value.slice(0, index).some((one) => same(one, item)))
    if (twice >= 0) return problem('uniqueItems', { value: shown(value[twice]!) })
  }
  return null
}

/** A value as a person writes it: text without quotes, the rest as JSON. */
export function shown(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function same(one: Json, other: Json): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other)
}

/** A day that the calendar has. */
function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false
  const at = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text)
}

/** A day and a time; the server takes one without an offset, too. */
function isDateTime(text: string): boolean {
  return (
    /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?([Zz]|[+-]\d{2}:\d{2})?$/.test(text) &&
    isDate(text.slice(0, 10)) &&
    !Number.isNaN(Date.parse(text.toUpperCase().replace(' ', 'T')))
  )
}

function problem(code: string, named: ParamProblem['named'] = {}): ParamProblem {
  return { code, named }
}
