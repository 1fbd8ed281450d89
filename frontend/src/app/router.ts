import { createRouter, createWebHistory, type RouteLocationNormalized } from 'vue-router'

import { useSessionStore } from '@/shared/session/session.store'

import { failureOf, routeFailure } from './failures'
import { features } from './features'
import { aim } from './staleBuild'

export function makeRouter() {
  const pages = features.flatMap((feature) => feature.routes)
  const hasHome = pages.some(({ path }) => path === '')
  const router = createRouter({
    history: createWebHistory('/'),
    scrollBehavior(to, from, saved) {
      if (saved) return saved
      // A filter or a tab changes the address, not the page.
      return to.path === from.path ? false : { top: 0 }
    },
    routes: [
      {
        path: '/sign-in',
        name: 'sign-in',
        meta: { isOpen: true, title: 'session.signIn' },
        component: () => import('@/features/session/SignInView.vue'),
      },
      {
        path: '/',
        component: () => import('./AppShell.vue'),
        children: [
          ...(hasHome ? [] : [{ path: '', redirect: { name: 'runs' } }]),
          ...pages,
          {
            path: ':rest(.*)*',
            name: 'not-found',
            meta: { title: 'notFound.title' },
            component: () => import('./NotFoundView.vue'),
          },
        ],
      },
    ],
  })
  router.beforeEach((to) => void (aim.value = to.fullPath))
  router.beforeEach(guard)
  router.afterEach((_to, _from, failure) => {
    if (!failure) routeFailure.value = null
  })
  router.onError((error, to) => (routeFailure.value = failureOf(error, to.fullPath)))
  return router
}

async function guard(to: RouteLocationNormalized) {
  // A server that can't be reached is not a refusal: let the page come, it says so and offers to try again.
  const isSignedIn = await useSessionStore()
    .ensure()
    .catch(() => null)
  if (isSignedIn === false && !to.meta.isOpen) {
    return { name: 'sign-in', query: { next: (to.redirectedFrom ?? to).fullPath } }
  }
  if (isSignedIn && to.name === 'sign-in') return { path: useSessionStore().home }
  return true
}
