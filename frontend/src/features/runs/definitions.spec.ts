import { expect, it } from 'vitest'

import { textsOf, type Definition } from './definitions'

const definition = (changes: object) =>
  ({ source: 'print(1)', env: { TOKEN: 'x', DAY: '1' }, priority: 5, ...changes }) as unknown as Definition

it('parts the code from the rest', () => {
  const { source, rest } = textsOf(definition({}), definition({ source: 'print(2)' }))
  expect(source).toEqual(['print(1)', 'print(2)'])
  expect(rest[0]).toBe(rest[1])
  expect(JSON.parse(rest[0])).toEqual({ env: { TOKEN: 'x', DAY: '1' }, priority: 5 })
})

it('takes statements for code', () => {
  const sql = { statement: 'select 1', source: undefined }
  expect(textsOf(definition(sql), definition(sql)).source).toEqual(['select 1', 'select 1'])
})

it('sees no difference in a secret that is masked on one side', () => {
  const shown = definition({ env: { TOKEN: '•••', DAY: '1' } })
  const own = definition({ env: { TOKEN: 'sesame', DAY: '2' } })
  const [before, after] = textsOf(shown, own).rest.map((text) => JSON.parse(text).env)
  expect([before, after]).toEqual([
    { TOKEN: '•••', DAY: '1' },
    { TOKEN: '•••', DAY: '2' },
  ])
})
