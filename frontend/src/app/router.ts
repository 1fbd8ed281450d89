import { createRouter, createWebHistory, type RouteLocationNormalized } from 'vue-router'

import { useSessionStore } from '@/features/session/session.store'

declare module 'vue-router' {
  interface RouteMeta {
    /** Shown to whoever comes, without the shell. */
    isOpen?: boolean
  }
}

export function makeRouter() {
  const router = createRouter({
    history: createWebHistory('/'),
    scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
    routes: [
      {
        path: '/sign-in',
        name: 'sign-in',
        meta: { isOpen: true },
        component: () => import('@/features/session/SignInView.vue'),
      },
      {
        path: '/',
        component: () => import('./AppShell.vue'),
        children: [
          { path: '', redirect: { name: 'runs' } },
          { path: 'runs', name: 'runs', component: () => import('./HomeView.vue') },
          {
            path: 'runs/:id',
            name: 'run',
            props: true,
            component: () => import('@/features/runs/RunView.vue'),
          },
          { path: ':rest(.*)*', name: 'not-found', component: () => import('./NotFoundView.vue') },
        ],
      },
    ],
  })
  router.beforeEach(guard)
  return router
}

async function guard(to: RouteLocationNormalized) {
  // A server that can't be reached is not a refusal: let the page come, it says so and offers to try again.
  const isSignedIn = await useSessionStore()
    .ensure()
    .catch(() => null)
  if (isSignedIn === false && !to.meta.isOpen) return { name: 'sign-in', query: { next: to.fullPath } }
  if (isSignedIn && to.name === 'sign-in') return { path: '/' }
  return true
}
