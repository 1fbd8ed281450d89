import { Operation } from '@element-plus/icons-vue'

import type { Feature } from '@/shared/app/feature'

export default {
  routes: [
    { path: 'runs', name: 'runs', meta: { title: 'runs.title' }, component: () => import('./RunsView.vue') },
    {
      path: 'runs/:id',
      name: 'run',
      props: true,
      meta: { title: 'runs.one', above: 'runs' },
      component: () => import('./RunView.vue'),
    },
  ],
  nav: [{ to: 'runs', section: 'operate', label: 'runs.title', icon: Operation, order: 20 }],
} satisfies Feature
