import { defineConfig, mergeConfig } from 'vitest/config'

import viteConfig from './vite.config.ts'

export default mergeConfig(
  viteConfig({ command: 'serve', mode: 'test' }),
  defineConfig({
    test: {
      environment: 'happy-dom',
      include: ['src/**/*.spec.ts', 'tests/**/*.spec.ts'],
      server: { deps: { inline: ['element-plus'] } },
      restoreMocks: true,
    },
  }),
)
