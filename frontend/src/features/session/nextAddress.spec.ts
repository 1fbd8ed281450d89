import { expect, it } from 'vitest'

import { nextAddress } from './nextAddress'

it.each([
  ['/runs?state=failed', '/runs?state=failed'],
  ['/', '/jobs'],
  ['//evil.example', '/jobs'],
  ['/\\evil.example', '/jobs'],
  ['https://evil.example', '/jobs'],
  ['/sign-in?next=/runs', '/jobs'],
  [['/runs'], '/jobs'],
  [undefined, '/jobs'],
])('goes from %j to %s', (wanted, address) => {
  expect(nextAddress(wanted, '/jobs')).toBe(address)
})
