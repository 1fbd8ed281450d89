import type { RouteLocationNormalized, RouteLocationResolved, Router } from 'vue-router'

/** The pages above one, the highest first: each with those parts of the address that it has, too. */
export function pagesAbove(router: Router, route: RouteLocationNormalized): RouteLocationResolved[] {
  const found: RouteLocationResolved[] = []
  let { above } = route.meta
  while (above) {
    const path = router.getRoutes().find(({ name }) => name === above)?.path ?? ''
    const params = Object.fromEntries(
      Object.entries(route.params).filter(([name]) => new RegExp(`:${name}\\b`).test(path)),
    )
    const page = router.resolve({ name: above, params })
    found.unshift(page)
    above = page.meta.above
  }
  return found
}
