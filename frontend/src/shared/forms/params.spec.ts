import { describe, expect, it } from 'vitest'

import { checkValues } from './paramCheck'
import { fieldsOf, pathsOf, strangers, type Json, type Schema } from './paramFields'

const one = (rules: Schema, more: Schema = {}) => fieldsOf({ properties: { it: rules }, ...more })[0]!

describe('a field', () => {
  it.each([
    [{ type: 'string' }, 'text'],
    [{ type: 'string', format: 'date' }, 'date'],
    [{ type: 'string', format: 'date-time' }, 'datetime'],
    [{ type: 'string', format: 'email' }, 'text'],
    [{ type: ['string', 'null'] }, 'text'],
    [{ type: 'integer' }, 'integer'],
    [{ type: 'number' }, 'number'],
    [{ type: 'boolean' }, 'boolean'],
    [{ enum: ['a', 2, null] }, 'choice'],
    [{ type: 'array', items: { type: 'string' } }, 'list'],
    [{ type: 'array', items: { enum: ['a'] } }, 'list'],
    [{ type: 'object', properties: { from: { type: 'string' } } }, 'group'],
    // What no input shows is written as JSON.
    [{}, 'json'],
    [{ type: ['string', 'integer'] }, 'json'],
    [{ type: 'array' }, 'json'],
    [{ type: 'array', items: { type: 'array', items: { type: 'string' } } }, 'json'],
    [{ type: 'array', items: { type: 'string' }, prefixItems: [] }, 'json'],
    [{ type: 'object' }, 'json'],
    [{ type: 'object', properties: { a: {} }, additionalProperties: true }, 'json'],
    [{ anyOf: [{ type: 'string' }, { type: 'integer' }] }, 'json'],
    [{ $ref: '#/$defs/none' }, 'json'],
    [{ $ref: 'https://example.com/schema' }, 'json'],
  ])('of %j is a %s', (rules, kind) => {
    expect(one(rules as Schema).kind).toBe(kind)
  })

  it('is called by its title, else by its name', () => {
    expect(one({ title: 'Amount' }).label).toBe('Amount')
    expect(one({}).label).toBe('it')
  })

  it('is followed into the parts of its own schema', () => {
    const field = one(
      { $ref: '#/$defs/a~1b', title: 'Here' },
      { $defs: { 'a/b': { type: 'integer', title: 'There' } } },
    )
    expect(field).toMatchObject({ kind: 'integer', label: 'Here' })
  })

  it('has a default only where the server fills one in', () => {
    const [outer] = fieldsOf({
      properties: {
        window: { type: 'object', properties: { days: { type: 'integer', default: 7 } }, default: {} },
      },
    })
    expect(outer).toMatchObject({ kind: 'group', fallback: {} })
    expect(outer!.fields[0]!.fallback).toBeUndefined()
  })

  it('of an object in an object is JSON', () => {
    const deep = { type: 'object', properties: { a: { type: 'string' } } }
    const [outer] = fieldsOf({ properties: { outer: { type: 'object', properties: { deep } } } })
    expect(outer!.fields[0]!.kind).toBe('json')
  })
})

describe('names', () => {
  const schema = {
    properties: {
      amount: { type: 'integer' },
      window: { type: 'object', properties: { from: { type: 'string' } } },
    },
  }

  it('of all fields, the whole last', () => {
    expect(pathsOf(schema, 'params')).toEqual([
      'params.amount',
      'params.window.from',
      'params.window',
      'params',
    ])
  })

  it('of what no field shows', () => {
    expect(strangers(fieldsOf(schema), { amount: 1, extra: 2 })).toEqual(['extra'])
  })
})

describe('a value', () => {
  it.each<[Schema, Json, string | null]>([
    [{ type: 'string' }, 'x', null],
    [{ type: 'string' }, 1, 'text'],
    [{ type: ['string', 'null'] }, null, null],
    [{ type: 'string', minLength: 2 }, '节', 'minLength'],
    [{ type: 'string', maxLength: 1 }, '😀', null],
    [{ type: 'string', maxLength: 1 }, 'ab', 'maxLength'],
    [{ type: 'string', pattern: '^a+$' }, 'aab', 'pattern'],
    [{ type: 'string', pattern: 'b' }, 'aab', null],
    [{ type: 'string', pattern: '(?P<name>a)' }, 'z', null], // Python's own: the server's to apply
    [{ type: 'integer' }, 3, null],
    [{ type: 'integer' }, 3.5, 'integer'],
    [{ type: 'integer' }, '3', 'integer'],
    [{ type: 'number', minimum: 1 }, 0.5, 'minimum'],
    [{ type: 'number', maximum: 1 }, 1, null],
    [{ type: 'number', maximum: 1 }, 2, 'maximum'],
    [{ type: 'number', exclusiveMinimum: 1 }, 1, 'above'],
    [{ type: 'number', exclusiveMaximum: 1 }, 1, 'below'],
    [{ type: 'number', multipleOf: 0.1 }, 0.3, null],
    [{ type: 'number', multipleOf: 0.1 }, 0.35, 'multipleOf'],
    [{ type: 'boolean' }, false, null],
    [{ type: 'boolean' }, 'no', 'boolean'],
    [{ enum: ['a', [1]] }, [1], null],
    [{ enum: ['a'] }, 'b', 'choice'],
    [{ type: 'string', format: 'date' }, '2028-02-29', null],
    [{ type: 'string', format: 'date' }, '2026-02-29', 'date'],
    [{ type: 'string', format: 'date' }, 'tomorrow', 'date'],
    [{ type: 'string', format: 'date-time' }, '2026-02-28T12:00:00+08:00', null],
    [{ type: 'string', format: 'date-time' }, '2026-02-28T12:00', null],
    [{ type: 'string', format: 'date-time' }, '2026-02-28T25:00:00Z', 'datetime'],
    [{ type: 'array', items: { type: 'integer' } }, [1, 2], null],
    [{ type: 'array', items: { type: 'integer' } }, [1, 'x'], 'item'],
    [{ type: 'array', items: { type: 'integer' } }, 1, 'list'],
    [{ type: 'array', items: { type: 'integer' }, minItems: 1 }, [], 'minItems'],
    [{ type: 'array', items: { type: 'integer' }, maxItems: 1 }, [1, 2], 'maxItems'],
    [{ type: 'array', items: { type: 'integer' }, uniqueItems: true }, [1, 2, 1], 'uniqueItems'],
    [{ type: 'object', properties: { a: { type: 'string' } } }, 'x', 'group'],
    [{}, { anything: [1] }, null],
  ])('by %j: %j is told %s', (rules, value, code) => {
    expect(checkValues([one(rules)], { it: value }).it?.code ?? null).toBe(code)
  })

  it('is asked for where it is required and has no default', () => {
    const fields = fieldsOf({
      properties: { a: { type: 'string' }, b: { type: 'string', default: 'x' }, c: { type: 'string' } },
      required: ['a', 'b'],
    })
    expect(Object.keys(checkValues(fields, {}))).toEqual(['a'])
    expect(checkValues(fields, { a: '' })).toEqual({})
  })

  it('in an object is told under its path', () => {
    const fields = fieldsOf({
      properties: {
        window: { type: 'object', properties: { days: { type: 'integer' }, to: {} }, required: ['days'] },
      },
    })
    expect(checkValues(fields, { window: { to: 1 } })).toEqual({
      'window.days': { code: 'required', named: {} },
    })
    expect(checkValues(fields, {})).toEqual({})
  })

  it('that is wrong in a list is told with its number', () => {
    const problem = checkValues([one({ type: 'array', items: { type: 'integer', maximum: 5 } })], {
      it: [5, 6],
    })
    expect(problem.it).toEqual({ code: 'item', named: { number: 2, code: 'maximum', most: 5 } })
  })
})
