import { onScopeDispose, readonly, shallowRef, toValue, watch, type MaybeRefOrGetter } from 'vue'

const current = shallowRef('')

/** What the page on screen is called; empty where it doesn't say. The app writes it into the window's title. */
export const pageTitle = readonly(current)

export function usePageTitle(title: MaybeRefOrGetter<string>): void {
  watch(
    () => toValue(title),
    (name) => (current.value = name),
    { immediate: true },
  )
  onScopeDispose(() => (current.value = ''))
}
