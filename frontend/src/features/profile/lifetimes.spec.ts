import { expect, it } from 'vitest'

import { exampleOf, expiryOf, standingOf } from './lifetimes'

const NOW = Date.parse('2026-11-25T12:00:00Z')

it.each([
  ['2026-11-25T12:00:00Z', 'expired'],
  ['2025-11-25T12:00:00Z', 'expired'],
  ['2026-11-25T12:00:01Z', 'soon'],
  ['2026-12-02T12:00:00Z', 'soon'],
  ['2026-12-02T12:00:01Z', 'good'],
] as const)('a token that expires at %s is %s', (at, standing) => {
  expect(standingOf(at, NOW)).toBe(standing)
})

it('counts the days from now', () => {
  expect(expiryOf(7, NOW)).toBe('2026-12-02T12:00:00.000Z')
})

it('gives a command that can be pasted as it is', () => {
  expect(exampleOf('abc', 'https://acme.example.com')).toBe(
    'curl -H "Authorization: Token abc" https://acme.example.com/api/v1/jobs/',
  )
})
