import { describe, expect, it } from 'vitest'

import type { Datasource, Field, Kind } from './datasources.api'
import { draftOf, emptyDraft, fieldOfCause, optionIn, settingsOf } from './draft'

const field = (name: string, facts: Partial<Field> = {}): Field => ({
  name,
  label: name,
  help: '',
  type: 'text',
  is_option: false,
  is_required: false,
  default: null,
  example: '',
  least: null,
  most: null,
  choices: [],
  ...facts,
})
const POSTGRESQL = {
  kind: 'postgresql',
  fields: [
    field('host'),
    field('port', { type: 'number', default: 5432 }),
    field('database'),
    field('username'),
    field('password', { type: 'password' }),
    field('ssl_mode', { type: 'choice', is_option: true, default: 'prefer' }),
    field('ssl_ca', { type: 'long_text', is_option: true }),
    field('connect_timeout_seconds', { type: 'number', is_option: true, default: 5 }),
  ],
} as unknown as Kind
const SQLITE = { kind: 'sqlite', fields: [field('path')] } as unknown as Kind
const STORED = {
  id: '1',
  name: 'Sales',
  description: '',
  kind: 'postgresql',
  host: 'db',
  port: 5433,
  database: 'sales',
  username: 'ada',
  has_password: true,
  path: '',
  options: { ssl_mode: 'require', connect_timeout_seconds: 9 },
  is_read_only: true,
  statement_timeout_seconds: 60,
  max_rows: 100,
  max_connections: 2,
} as unknown as Datasource

it('gives back what is stored, and keeps the password that nobody can see', () => {
  expect(settingsOf(draftOf(STORED), POSTGRESQL)).toEqual({
    name: 'Sales',
    description: '',
    kind: 'postgresql',
    host: 'db',
    port: 5433,
    database: 'sales',
    username: 'ada',
    password: '',
    path: '',
    options: { ssl_mode: 'require', connect_timeout_seconds: 9 },
    is_read_only: true,
    statement_timeout_seconds: 60,
    max_rows: 100,
    max_connections: 2,
  })
})

it('empties the fields of another kind, and forgets nothing when one goes back', () => {
  const draft = draftOf(STORED)
  draft.kind = 'sqlite'
  draft.values.path = 'a.db'
  expect(settingsOf(draft, SQLITE)).toMatchObject({
    ...{ kind: 'sqlite', path: 'a.db', host: '', port: null, database: '', username: '' },
    ...{ password: null, options: {} },
  })
  draft.kind = 'postgresql'
  expect(settingsOf(draft, POSTGRESQL)).toMatchObject({ host: 'db', path: '', password: '' })
})

it.each([
  ['keep', 'typed before', ''],
  ['replace', ' new one ', ' new one '],
  ['remove', '', null],
] as const)('to %s a password sends what the server understands', (deed, password, sent) => {
  expect(settingsOf({ ...draftOf(STORED), deed, password }, POSTGRESQL).password).toBe(sent)
})

it('leaves out what counts anyway, and sends what is no number for the server to refuse', () => {
  const draft = emptyDraft()
  draft.values = { port: ' ', ssl_mode: 'prefer', connect_timeout_seconds: 'soon' }
  draft.limits.max_rows = 'many'
  expect(settingsOf(draft, POSTGRESQL)).toMatchObject({
    port: null,
    options: { connect_timeout_seconds: 'soon' },
    max_rows: 'many',
    max_connections: 4,
  })
})

describe('an objection to the options', () => {
  it.each([
    ['The option "ssl_mode" must be one of disable, prefer.', 'ssl_mode'],
    ['The option "ssl_mode" verify-full needs the option "ssl_ca".', 'ssl_ca'],
    ['The options must be a JSON object.', null],
  ])('%s', (detail, name) => expect(optionIn(detail, POSTGRESQL.fields)).toBe(name))
})

it('knows where to look for the cause of a failed test', () => {
  expect(fieldOfCause('datasource.wrong_password')).toBe('password')
  expect(fieldOfCause('datasource.connect_failed')).toBeNull()
})
