import { nextTick, onBeforeUnmount, ref, type Ref } from 'vue'

/** Something that opens below a button: a click elsewhere closes it, Escape does and gives the focus back. */
export function usePopover(root: Readonly<Ref<HTMLElement | null>>) {
  const isOpen = ref(false)

  function onPointer(event: PointerEvent): void {
    if (!root.value?.contains(event.target as Node)) close()
  }

  function close(): void {
    isOpen.value = false
    document.removeEventListener('pointerdown', onPointer)
  }

  /** first: what gets the focus, as a CSS selector. */
  async function open(first = 'a, button:not(:disabled), input'): Promise<void> {
    isOpen.value = true
    document.addEventListener('pointerdown', onPointer)
    await nextTick()
    root.value?.querySelector<HTMLElement>(`.popover :is(${first})`)?.focus()
  }

  function toggle(first?: string): void {
    if (isOpen.value) close()
    else void open(first)
  }

  /** For keydown.esc on the root. */
  function escape(event: KeyboardEvent): void {
    if (!isOpen.value) return
    event.stopPropagation()
    close()
    root.value?.querySelector<HTMLElement>('[aria-expanded]')?.focus()
  }

  /** For focusout on the root: tabbing on leaves nothing open behind. */
  function onFocusOut(event: FocusEvent): void {
    const next = event.relatedTarget as Node | null
    if (next && !root.value?.contains(next)) close()
  }

  onBeforeUnmount(close)
  return { isOpen, open, close, toggle, escape, onFocusOut }
}
