import { Operation } from '@element-plus/icons-vue'

import type { Feature } from '@/shared/app/feature'

import { TABS } from './tabs'

export default {
  routes: [
    { path: 'runs', name: 'runs', meta: { title: 'runs.title' }, component: () => import('./RunsView.vue') },
    {
      path: 'runs/compare',
      name: 'compare-runs',
      meta: { title: 'compare.title', above: 'runs' },
      component: () => import('./compare/CompareView.vue'),
    },
    {
      path: `runs/:id/:tab(${TABS.join('|')})?`,
      name: 'run',
      props: true,
      meta: { title: 'runs.one', above: 'runs' },
      component: () => import('./RunView.vue'),
    },
  ],
  nav: [{ to: 'runs', section: 'operate', label: 'runs.title', icon: Operation, order: 20 }],
} satisfies Feature
