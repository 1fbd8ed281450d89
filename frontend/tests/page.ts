import { QueryClient, VueQueryPlugin } from '@tanstack/vue-query'
import { mount, type VueWrapper } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import type { Component } from 'vue'
import { createMemoryHistory, createRouter } from 'vue-router'
import { WebSocket } from 'ws'

import { i18n, speak } from '@/shared/i18n'

import type { TestServer } from './server'

interface HappyWindow {
  happyDOM: { setURL(url: string): void }
}

/** Make the server the page's own: relative addresses, cookies and the websocket go there. */
export function visit(server: TestServer): void {
  ;(window as unknown as HappyWindow).happyDOM.setURL(`${server.origin}/`)
  globalThis.WebSocket = WebSocket as unknown as typeof globalThis.WebSocket
}

const Blank = { render: () => null }

/** Mount a component with all that the app gives it, in English. */
export async function show(component: Component, props: Record<string, unknown> = {}): Promise<VueWrapper> {
  await speak('en')
  const pinia = createPinia()
  setActivePinia(pinia)
  const router = createRouter({
    history: createMemoryHistory(),
    routes: [
      { path: '/', name: 'home', component: Blank },
      { path: '/runs', name: 'runs', component: Blank },
      { path: '/runs/:id', name: 'run', component: Blank },
    ],
  })
  await router.push('/')
  const queryClient = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  return mount(component, {
    props,
    attachTo: document.body,
    global: { plugins: [pinia, i18n, router, [VueQueryPlugin, { queryClient }]] },
  })
}
