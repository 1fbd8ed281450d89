/** A point within a box of 100 by 100, the origin at the top left. */
export interface Place {
  x: number
  y: number
}

/** Room above and below the line, so that it is not cut. */
const MARGIN = 8

/**
 * Where values stand, each in the middle of its share of the width, so that an area of equal shares lies over them.
 * Zero is the ground: a small change of large values stays small.
 */
export function placesOf(values: readonly (number | null)[]): (Place | null)[] {
  const most = Math.max(0, ...values.filter((value) => value !== null))
  return values.map((value, index) => {
    if (value === null) return null
    const share = most === 0 ? 0 : Math.max(0, value) / most
    return {
      x: rounded(((index + 0.5) / values.length) * 100),
      y: rounded(100 - MARGIN - share * (100 - 2 * MARGIN)),
    }
  })
}

/** One path for each stretch of places without a gap. */
export function linesOf(places: readonly (Place | null)[]): string[] {
  const stretches: Place[][] = [[]]
  for (const place of places) {
    if (place) stretches.at(-1)?.push(place)
    else stretches.push([])
  }
  return stretches
    .filter((stretch) => stretch.length > 0)
    .map((stretch) => stretch.map(({ x, y }, index) => `${index ? 'L' : 'M'}${x} ${y}`).join(''))
}

/** The area between a line and the ground. */
export function areaOf(line: string): string {
  const xs = line.match(/[ML]([\d.]+) /g)?.map((found) => found.slice(1, -1)) ?? []
  return `${line}L${xs.at(-1)} 100L${xs[0]} 100Z`
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100
}
