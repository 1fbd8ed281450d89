import { Files } from '@element-plus/icons-vue'

import type { Feature } from '@/shared/app/feature'

import { TABS } from './tabs'

export default {
  routes: [
    { path: 'jobs', name: 'jobs', meta: { title: 'jobs.title' }, component: () => import('./JobsView.vue') },
    {
      path: 'jobs/new',
      name: 'new-job',
      meta: { title: 'jobs.create', above: 'jobs' },
      component: () => import('./create/NewJobView.vue'),
    },
    {
      path: `jobs/:id/:tab(${TABS.join('|')})?`,
      name: 'job',
      props: true,
      meta: { title: 'jobs.one', above: 'jobs' },
      component: () => import('./JobView.vue'),
    },
  ],
  nav: [{ to: 'jobs', section: 'operate', label: 'jobs.title', icon: Files, order: 10 }],
} satisfies Feature
