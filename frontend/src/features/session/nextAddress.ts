/** Where to go after signing in: a path of this page's own, and nothing that a link from outside could forge. */
export function nextAddress(wanted: unknown): string {
  const isOurs = typeof wanted === 'string' && /^\/(?![/\\])/.test(wanted) && !wanted.startsWith('/sign-in')
  return isOurs ? wanted : '/'
}
