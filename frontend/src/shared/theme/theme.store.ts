import { defineStore } from 'pinia'
import { computed, ref, watchEffect } from 'vue'

export const THEMES = ['light', 'dark', 'system'] as const
export type Theme = (typeof THEMES)[number]

/** public/first-paint.js reads it too. */
const KEY = 'jiepai.theme'

export const useThemeStore = defineStore('theme', () => {
  const stored = localStorage.getItem(KEY)
  const chosen = ref<Theme>(THEMES.find((theme) => theme === stored) ?? 'system')

  const system = matchMedia('(prefers-color-scheme: dark)')
  const isSystemDark = ref(system.matches)
  system.addEventListener('change', ({ matches }) => (isSystemDark.value = matches))

  const isDark = computed(() => chosen.value === 'dark' || (chosen.value === 'system' && isSystemDark.value))
  watchEffect(() => document.documentElement.classList.toggle('dark', isDark.value))

  function choose(theme: Theme): void {
    chosen.value = theme
    localStorage.setItem(KEY, theme)
  }

  return { chosen, isDark, choose }
})
