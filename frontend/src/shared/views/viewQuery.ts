import type { LocationQuery } from 'vue-router'

/** The filters of an address as one text, always in the same order: two that mean the same are the same. */
export function queryText(query: LocationQuery): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value])
      .filter((one): one is string => typeof one === 'string' && one !== '')
      .map((one): [string, string] => [name, one]),
  )
  pairs.sort((one, other) => compare(one[0], other[0]) || compare(one[1], other[1]))
  return new URLSearchParams(pairs).toString()
}

function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other)
}

/** The other way round, for a link. */
export function queryOfText(text: string): LocationQuery {
  const query: LocationQuery = {}
  const given = new URLSearchParams(text)
  for (const name of new Set(given.keys())) {
    const values = given.getAll(name)
    query[name] = values.length === 1 ? values[0]! : values
  }
  return query
}
