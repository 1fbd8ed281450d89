import 'element-plus/theme-chalk/base.css'
import 'element-plus/theme-chalk/dark/css-vars.css'
import './styles/tokens.css'
import './styles/base.css'

import { QueryClient, VueQueryPlugin } from '@tanstack/vue-query'
import { createPinia } from 'pinia'
import { createApp } from 'vue'

import App from './app/App.vue'
import { reloadOnceWhenStale } from './app/staleBuild'
import { makeRouter } from './app/router'
import { ApiError } from './shared/api'
import { i18n, initialLanguage, speak } from './shared/i18n'

reloadOnceWhenStale()
await speak(initialLanguage())

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // What the server refuses it will refuse again; what didn't arrive may arrive.
      retry: (failures, error) =>
        failures < 2 && !(error instanceof ApiError && error.status >= 400 && error.status < 500),
      refetchOnWindowFocus: false, // the socket keeps it fresh
    },
  },
})

createApp(App)
  .use(createPinia())
  .use(i18n)
  .use(VueQueryPlugin, { queryClient: queries })
  .use(makeRouter())
  .mount('#app')
