import { onBeforeUnmount, onMounted, type Ref } from 'vue'

/**
 * The keys of a pager. "/" works wherever the page has the focus, the others in the log and where nothing has it: on
 * a button or in another part of the page a letter may mean something else.
 */
export function useLogKeys(root: Readonly<Ref<HTMLElement | null>>, keys: Record<string, () => void>): void {
  function onKey(event: KeyboardEvent): void {
    const target = event.target as HTMLElement
    const isTyped = target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)
    if (isTyped || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return
    const isOurs = target === document.body || root.value?.contains(target)
    const act = event.key === '/' || isOurs ? keys[event.key] : undefined
    if (!act) return
    event.preventDefault()
    act()
  }

  onMounted(() => document.addEventListener('keydown', onKey))
  onBeforeUnmount(() => document.removeEventListener('keydown', onKey))
}
