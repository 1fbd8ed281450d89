import { expect, it } from 'vitest'

import { queryOfText, queryText } from './viewQuery'

it.each([
  [{}, ''],
  [{ state: ['queued', 'failed'], job: 'x' }, 'job=x&state=failed&state=queued'],
  [{ search: 'a b&c', empty: '', none: null }, 'search=a+b%26c'],
])('writes %j as %j', (query, text) => {
  expect(queryText(query)).toBe(text)
})

it('reads what it writes', () => {
  const query = { search: 'a b&c', state: ['failed', 'queued'] }
  expect(queryOfText(queryText(query))).toEqual(query)
})
