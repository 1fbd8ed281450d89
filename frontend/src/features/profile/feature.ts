import type { Feature } from '@/shared/app/feature'

import { TABS } from './tabs'

export default {
  routes: [
    {
      path: `profile/:tab(${TABS.join('|')})?`,
      name: 'profile',
      props: true,
      meta: { title: 'profile.title' },
      component: () => import('./ProfileView.vue'),
    },
  ],
} satisfies Feature
