export interface Zone {
  /** IANA name. */
  name: string
  /** What people call it, in their language; as the name where they call it nothing. */
  words: string
  /** From UTC, as it is now: "+08:00". */
  offset: string
}

const known = new Map<string, readonly Zone[]>()

/** Offset of a zone from UTC at an instant (ms since 1970): "+05:30". */
export function offsetOf(zone: string, at: number): string {
  const name = part('en', zone, 'longOffset', at)
  return name === 'GMT' ? '+00:00' : name.slice('GMT'.length)
}

/** Whether the browser knows the zone, also under a name that it doesn't list itself. */
export function isZone(name: string): boolean {
  try {
    // An offset such as +08:00 is taken by newer browsers, and is no zone that knows of summer.
    return /^[A-Za-z]/.test(name) && Boolean(new Intl.DateTimeFormat('en', { timeZone: name }))
  } catch {
    return false
  }
}

/** The zone of this browser. */
export function ownZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone
}

/** All zones the browser lists, and UTC. Made once for a language: it costs some hundred formatters. */
export function zonesIn(locale: string, now: number): readonly Zone[] {
  let zones = known.get(locale)
  if (!zones) {
    const names = ['UTC', ...Intl.supportedValuesOf('timeZone').filter((name) => name !== 'UTC')]
    zones = names.map((name) => ({
      name,
      words: part(locale, name, 'longGeneric', now),
      offset: offsetOf(name, now),
    }))
    known.set(locale, zones)
  }
  return zones
}

/** The zones that fit all words of a search, by name, by what people call them, or by offset; closest first. */
export function findZones(zones: readonly Zone[], search: string): Zone[] {
  const words = search.toLowerCase().replaceAll('_', ' ').split(/\s+/).filter(Boolean)
  const fits = zones.filter((zone) => {
    const text = `${zone.name} ${zone.words} utc${zone.offset}`.toLowerCase().replaceAll('_', ' ')
    return words.every((word) => text.includes(word))
  })
  const first = words[0] ?? ''
  const rank = ({ name }: Zone) =>
    name
      .toLowerCase()
      .replaceAll('_', ' ')
      .split('/')
      .some((segment) => segment.startsWith(first))
      ? 0
      : 1
  return fits.sort((a, b) => rank(a) - rank(b)) // stable: as listed among equals
}

function part(locale: string, zone: string, style: 'longOffset' | 'longGeneric', at: number): string {
  const parts = new Intl.DateTimeFormat(locale, { timeZone: zone, timeZoneName: style }).formatToParts(at)
  return parts.find(({ type }) => type === 'timeZoneName')?.value ?? zone
}
