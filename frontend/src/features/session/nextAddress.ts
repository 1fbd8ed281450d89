/**
 * Where to go after signing in: a path of this page's own, and nothing that a link from outside could forge. Who was on
 * the way to no page in particular goes `home`.
 */
export function nextAddress(wanted: unknown, home: string): string {
  const isOurs = typeof wanted === 'string' && /^\/(?![/\\])/.test(wanted) && !wanted.startsWith('/sign-in')
  return isOurs && wanted !== '/' ? wanted : home
}
