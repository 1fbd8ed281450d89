import { expect, it } from 'vitest'

import { areaOf, linesOf, placesOf } from './sparkPlaces'

it('places each value in the middle of its share, from the ground up', () => {
  expect(placesOf([0, 50, 100, 25])).toEqual([
    { x: 12.5, y: 92 },
    { x: 37.5, y: 50 },
    { x: 62.5, y: 8 },
    { x: 87.5, y: 71 },
  ])
})

it('has no line through what is missing', () => {
  const places = placesOf([1, null, 1, 1])

  expect(places[1]).toBeNull()
  expect(linesOf(places)).toEqual(['M12.5 8', 'M62.5 8L87.5 8'])
})

it('lies on the ground when all is nothing', () => {
  expect(placesOf([0, 0])).toEqual([
    { x: 25, y: 92 },
    { x: 75, y: 92 },
  ])
  expect(placesOf([])).toEqual([])
  expect(linesOf([])).toEqual([])
})

it('closes the area below a line', () => {
  expect(areaOf('M10 5L20 50.5')).toBe('M10 5L20 50.5L20 100L10 100Z')
})
