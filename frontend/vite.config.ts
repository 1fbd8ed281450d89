import { fileURLToPath } from 'node:url'

import vueI18n from '@intlify/unplugin-vue-i18n/vite'
import vue from '@vitejs/plugin-vue'
import { ElementPlusResolver } from 'unplugin-vue-components/resolvers'
import components from 'unplugin-vue-components/vite'
import { defineConfig } from 'vite'

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))

/** Where the back end listens while `npm run dev` serves the front end. Its host name picks the tenant. */
const backend = new URL(process.env.JIEPAI_BACKEND ?? 'http://demo.localhost:8000')
const isLocal = backend.hostname.endsWith('.localhost') // which browsers know to be this machine, and Node may not

/** As if the page came from the back end's own host, which is what it lets sign in and listen. */
const toBackend = {
  target: isLocal ? `${backend.protocol}//127.0.0.1:${backend.port || 80}` : backend.origin,
  headers: { host: backend.host, origin: backend.origin },
}

export default defineConfig(({ command }) => ({
  base: command === 'build' ? '/static/spa/' : '/',
  plugins: [
    vue(),
    components({
      resolvers: [ElementPlusResolver({ importStyle: 'css' })],
      dirs: [],
      dts: path('./src/components.d.ts'),
    }),
    vueI18n({ include: [path('./src/shared/i18n/*/*.json')], strictMessage: true }),
  ],
  resolve: { alias: { '@': path('./src') } },
  build: {
    target: 'es2022',
    manifest: true,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            {
              name: 'vue',
              test: /node_modules[\\/](@vue[\\/](?!devtools)|vue[\\/]|vue-router|pinia|vue-i18n|@intlify|@tanstack)/,
              priority: 30,
            },
          ],
        },
      },
    },
  },
  server: {
    proxy: {
      '/api': toBackend,
      '/admin': toBackend,
      // Django's own static files; the front end's are served from the root while developing.
      '/static': toBackend,
      '/ws': { ...toBackend, ws: true },
    },
  },
}))
