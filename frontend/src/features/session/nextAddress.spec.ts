import { expect, it } from 'vitest'

import { nextAddress } from './nextAddress'

it.each([
  ['/runs?state=failed', '/runs?state=failed'],
  ['//evil.example', '/'],
  ['/\\evil.example', '/'],
  ['https://evil.example', '/'],
  ['/sign-in?next=/runs', '/'],
  [['/runs'], '/'],
  [undefined, '/'],
])('goes from %j to %s', (wanted, address) => {
  expect(nextAddress(wanted)).toBe(address)
})
