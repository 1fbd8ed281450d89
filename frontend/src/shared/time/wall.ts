/** A clock on the wall of some zone: "2026-03-29T02:30:00", as an input of the type datetime-local takes and gives. */
export type Wall = string

const formats = new Map<string, Intl.DateTimeFormat>()

function clockOf(zone: string): Intl.DateTimeFormat {
  let found = formats.get(zone)
  if (!found) {
    found = new Intl.DateTimeFormat('en-US-u-ca-iso8601', {
      timeZone: zone || undefined,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    })
    formats.set(zone, found)
  }
  return found
}

/** What the clock shows at an instant (ISO 8601); empty for what is no instant. zone: IANA name, empty the browser's. */
export function wallOf(instant: string, zone: string): Wall {
  const at = Date.parse(instant)
  return Number.isNaN(at) ? '' : wallAt(at, zone)
}

/**
 * The instant at which the clock shows this, with the zone's offset then; empty for what can't be read. Of a time that
 * comes twice, the first. A time that does not exist, since the clocks went over it, counts with the offset before.
 */
export function instantOf(wall: Wall, zone: string): string {
  const whole = wall.length === 16 ? `${wall}:00` : wall
  const naive = Date.parse(`${whole}Z`)
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/.test(whole) || Number.isNaN(naive)) return ''
  const day = 86_400_000
  // The offsets of the day before and after are all that this time can have.
  const offsets = [naive - day, naive + day].map((at) => offsetAt(at, zone))
  const fits = offsets.find((offset) => wallAt(naive - offset, zone) === whole)
  const offset = fits ?? offsets[0]!
  const at = naive - offset
  return `${wallAt(at, zone)}${written(offsetAt(at, zone))}`
}

function wallAt(at: number, zone: string): Wall {
  const parts = Object.fromEntries(
    clockOf(zone)
      .formatToParts(at)
      .map(({ type, value }) => [type, value]),
  )
  const { year, month, day, hour, minute, second } = parts
  return `${year!.padStart(4, '0')}-${month}-${day}T${hour}:${minute}:${second}`
}

/** From UTC, in ms. */
function offsetAt(at: number, zone: string): number {
  const whole = Math.floor(at / 1000) * 1000
  return Date.parse(`${wallAt(whole, zone)}Z`) - whole
}

function written(offset: number): string {
  const minutes = Math.round(Math.abs(offset) / 60_000)
  const two = (value: number) => String(value).padStart(2, '0')
  return `${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`
}
