import { Coin } from '@element-plus/icons-vue'

import type { Feature } from '@/shared/app/feature'

export default {
  routes: [
    {
      path: 'datasources',
      name: 'datasources',
      meta: { title: 'datasources.title' },
      component: () => import('./DatasourcesView.vue'),
    },
    {
      path: 'datasources/new',
      name: 'datasource-new',
      meta: { title: 'datasources.new', above: 'datasources' },
      component: () => import('./DatasourceView.vue'),
    },
    {
      path: 'datasources/:id',
      name: 'datasource',
      props: true,
      meta: { title: 'datasources.one', above: 'datasources' },
      component: () => import('./DatasourceView.vue'),
    },
  ],
  nav: [{ to: 'datasources', section: 'manage', label: 'datasources.title', icon: Coin, order: 10 }],
} satisfies Feature
