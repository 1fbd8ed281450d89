import { readdirSync } from 'node:fs'

import { defineConfigWithVueTs, vueTsConfigs } from '@vue/eslint-config-typescript'
import prettier from 'eslint-config-prettier/flat'
import vue from 'eslint-plugin-vue'

/** Imports go down only: app > features > shared, and no feature reaches inside another. */
function border(files, forbidden, message) {
  return {
    files: [files],
    rules: { 'no-restricted-imports': ['error', { patterns: [{ group: forbidden, message }] }] },
  }
}

/** Large libraries have one door each, so that no page loads them at once. */
const HEAVY = [
  ['shared/charts', '^(echarts|vue-echarts)'],
  ['shared/code', '^@(codemirror|lezer)\\b'],
]

const features = readdirSync(new URL('./src/features', import.meta.url))

export default defineConfigWithVueTs(
  { ignores: ['dist/', 'src/components.d.ts'] },
  vue.configs['flat/recommended'],
  vueTsConfigs.recommended,
  prettier,
  {
    rules: {
      'vue/block-order': ['error', { order: ['script', 'template', 'style'] }],
      'vue/define-macros-order': 'error',
      'vue/multi-word-component-names': 'error',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'error',
    },
  },
  { files: ['scripts/**'], rules: { 'no-console': 'off' } },
  border('src/shared/**', ['@/app/*', '@/features/*'], 'shared knows neither the app nor a feature.'),
  ...features.map((name) =>
    border(`src/features/${name}/**`, ['@/app/*', `@/features/!(${name})/*`], 'Go through shared.'),
  ),
  {
    files: ['src/**'],
    ignores: HEAVY.map(([door]) => `src/${door}/**`),
    rules: {
      'no-restricted-syntax': [
        'error',
        ...HEAVY.map(([door, names]) => ({
          selector: `ImportDeclaration[source.value=/${names}/]`,
          message: `Only ${door} imports it.`,
        })),
      ],
    },
  },
  border(
    'src/shared/api/**',
    ['@/app/*', '@/features/*', 'pinia', 'vue'],
    'The HTTP client imports no store.',
  ),
)
