import { describe, expect, it } from 'vitest'

import { fit, isId, ranked } from './match'

describe('fitting words to a label', () => {
  it.each([
    ['', 'Nightly export', 0],
    ['night', 'Nightly export', 3],
    ['EXPORT', 'Nightly export', 2],
    ['port', 'Nightly export', 1],
    ['export night', 'Nightly export', 5],
    ['export day', 'Nightly export', null],
    ['对账', '每日对账', 1],
    ['每日', '每日对账', 3],
    ['b', 'a-b', 2],
  ])('%j to %j gives %j', (words, label, score) => {
    expect(fit(words, label)).toBe(score)
  })

  it('puts the best first and leaves equals as they were', () => {
    const labels = ['a report', 'weekly report', 'report', 'budget']
    expect(ranked('report', labels, (label) => label)).toEqual(['report', 'a report', 'weekly report'])
  })
})

it.each([
  ['0199a0b2-6c1d-7c3e-8f00-1234567890ab', true],
  [' 0199A0B2-6C1D-7C3E-8F00-1234567890AB ', true],
  ['0199a0b2', false],
  ['x0199a0b2-6c1d-7c3e-8f00-1234567890ab', false],
])('%j is an id: %j', (words, expected) => {
  expect(isId(words)).toBe(expected)
})
