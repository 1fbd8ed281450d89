import type { Datasource, DatasourceKind, Field, Kind, Settings } from './datasources.api'

/** Limits that every kind has, in the order in which the form shows them. */
export const LIMITS = ['statement_timeout_seconds', 'max_rows', 'max_connections'] as const
export type Limit = (typeof LIMITS)[number]

/** What becomes of the stored password. */
export type PasswordDeed = 'keep' | 'replace' | 'remove'

/** The form's content as it was typed, so that nothing is lost while a kind is tried and left again. */
export interface Draft {
  name: string
  description: string
  kind: DatasourceKind
  /** By field; options among them. */
  values: Record<string, string>
  deed: PasswordDeed
  password: string
  isReadOnly: boolean
  limits: Record<Limit, string>
}

const DEFAULT_LIMITS = { statement_timeout_seconds: '300', max_rows: '10000', max_connections: '4' }

export function emptyDraft(): Draft {
  return {
    name: '',
    description: '',
    kind: 'postgresql',
    values: {},
    deed: 'replace',
    password: '',
    isReadOnly: false,
    limits: { ...DEFAULT_LIMITS },
  }
}

export function draftOf(stored: Datasource): Draft {
  const { host, port, database, username, path, options } = stored
  const given = { host, port, database, username, path, ...options }
  const values = Object.entries(given).filter(([, value]) => value !== '' && value != null)
  return {
    name: stored.name,
    description: stored.description ?? '',
    kind: stored.kind,
    values: Object.fromEntries(values.map(([name, value]) => [name, String(value)])),
    deed: stored.has_password ? 'keep' : 'replace',
    password: '',
    isReadOnly: stored.is_read_only ?? false,
    limits: Object.fromEntries(LIMITS.map((name) => [name, String(stored[name])])) as Record<Limit, string>,
  }
}

/** What the server takes. Fields of other kinds are emptied; what is no number is sent for the server to refuse. */
export function settingsOf(draft: Draft, { fields }: Kind): Settings {
  const read = (field: Field) => valueOf(field, draft.values[field.name] ?? '')
  const own = fields.filter(({ is_option, type }) => !is_option && type !== 'password')
  const options = fields
    .filter((field) => field.is_option)
    .map((field) => [field.name, read(field)] as const)
    .filter(([, value]) => value !== null)
  return {
    ...{ host: '', port: null, database: '', username: '', path: '' },
    ...Object.fromEntries(
      own.map((field) => [field.name, read(field) ?? (field.type === 'number' ? null : '')]),
    ),
    name: draft.name.trim(),
    description: draft.description,
    kind: draft.kind,
    options: Object.fromEntries(options),
    is_read_only: draft.isReadOnly,
    ...(Object.fromEntries(LIMITS.map((name) => [name, numberOf(draft.limits[name])])) as Record<
      Limit,
      number
    >),
    ...passwordOf(draft, fields),
  }
}

function passwordOf({ deed, password }: Draft, fields: readonly Field[]): Pick<Settings, 'password'> {
  if (deed === 'remove' || !fields.some(({ type }) => type === 'password')) return { password: null }
  return { password: deed === 'replace' ? password : '' }
}

/** null: nothing was given, or what counts anyway. */
function valueOf(field: Field, typed: string): string | number | null {
  const text = typed.trim()
  if (text === '' || (field.is_option && text === String(field.default))) return null
  return field.type === 'number' ? numberOf(text) : text
}

function numberOf(typed: string): number {
  const text = typed.trim()
  return (/^\d+$/.test(text) ? Number(text) : text) as number
}

/** The server names "options" as a whole; its sentence names the option, the one to mend last. */
export function optionIn(detail: string, fields: readonly Field[]): string | null {
  const places = fields
    .filter((field) => field.is_option)
    .map(({ name }) => ({ name, at: detail.lastIndexOf(name) }))
    .filter(({ at }) => at >= 0)
    .sort((one, other) => other.at - one.at)
  return places[0]?.name ?? null
}

/** Where to look for the cause of a failed test. */
const FIELD_OF: Record<string, string> = {
  'network.unknown_host': 'host',
  'network.address_refused': 'host',
  'network.refused': 'port',
  'network.timeout': 'host',
  'network.unreachable': 'host',
  'datasource.wrong_password': 'password',
  'datasource.unknown_database': 'database',
  'datasource.ssl_required': 'ssl_mode',
  'datasource.ssl_unavailable': 'ssl_mode',
  'datasource.ssl_untrusted': 'ssl_ca',
  'datasource.not_permitted': 'username',
  'datasource.too_many_connections': 'max_connections',
  'datasource.not_this_server': 'port',
  'datasource.file_missing': 'path',
  'datasource.outside_folder': 'path',
  'datasource.not_a_database': 'path',
  'crypto.key_lost': 'password',
}

export function fieldOfCause(code: string): string | null {
  return FIELD_OF[code] ?? null
}
