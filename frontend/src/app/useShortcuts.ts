import { onBeforeUnmount, onMounted } from 'vue'

function isTyping(target: EventTarget | null): boolean {
  const element = target as HTMLElement | null
  return Boolean(element?.closest('input, textarea, select, [contenteditable], .cm-editor'))
}

/** Keys that work on every page. A key of its own never takes a letter from somebody who is typing. */
export function useShortcuts(handlers: {
  palette: () => void
  help: () => void
  /** Whether there was a search to go to. */
  search: () => boolean
  escape: () => void
}): void {
  function onKey(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.isComposing) return
    if (event.key === 'Escape') return handlers.escape()
    const isCommand = event.ctrlKey || event.metaKey
    if (isCommand && !event.altKey && !event.shiftKey && event.key.toLowerCase() === 'k') {
      event.preventDefault()
      handlers.palette()
    } else if (
      !isCommand &&
      !event.altKey &&
      !isTyping(event.target) &&
      !document.querySelector('dialog[open]')
    ) {
      if (event.key === '?') handlers.help()
      else if (event.key === '/' && handlers.search()) event.preventDefault()
    }
  }
  onMounted(() => document.addEventListener('keydown', onKey))
  onBeforeUnmount(() => document.removeEventListener('keydown', onKey))
}
