import { Odometer } from '@element-plus/icons-vue'

import type { Feature } from '@/shared/app/feature'

export default {
  routes: [
    {
      path: '',
      name: 'dashboard',
      meta: { title: 'dashboard.title' },
      component: () => import('./DashboardView.vue'),
    },
  ],
  nav: [{ to: 'dashboard', section: 'overview', label: 'dashboard.title', icon: Odometer, order: 10 }],
} satisfies Feature
