import { shallowRef, watch, type Ref } from 'vue'

import { useThemeStore } from '@/shared/theme/theme.store'

const NAMES = [
  'text',
  'text-soft',
  'line',
  'surface',
  'accent',
  'queued',
  'running',
  'succeeded',
  'failed',
  'cancelled',
  'skipped',
] as const

/** The house's colours by the names that tokens.css gives them, as values that a canvas takes. */
export type Colours = Readonly<Record<(typeof NAMES)[number], string>>

/** The colours of the theme on screen; read again when it changes. */
export function useColours(): Readonly<Ref<Colours>> {
  const theme = useThemeStore()
  const colours = shallowRef(read())
  watch(
    () => theme.isDark,
    () => (colours.value = read()),
    { flush: 'post' }, // after the page has taken on the theme
  )
  return colours
}

function read(): Colours {
  const style = getComputedStyle(document.documentElement)
  return Object.fromEntries(
    NAMES.map((name) => [name, style.getPropertyValue(`--jp-${name}`).trim()]),
  ) as Colours
}
