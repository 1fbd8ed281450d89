import { shallowRef, type ShallowRef } from 'vue'

/**
 * One Tab stop for many links in a row: the arrow keys, Home and End move among them. The last one is the stop until
 * somebody moves. root: what holds the links, in order; count: how many there are now.
 */
export function useRoving(root: Readonly<ShallowRef<HTMLElement | null>>, count: () => number) {
  const chosen = shallowRef<number | null>(null)

  const stop = () => Math.min(chosen.value ?? Infinity, count() - 1)
  const tabindex = (index: number) => (index === stop() ? 0 : -1)

  function move(event: KeyboardEvent): void {
    const steps: Record<string, number> = {
      ArrowLeft: stop() - 1,
      ArrowRight: stop() + 1,
      Home: 0,
      End: count() - 1,
    }
    const wanted = steps[event.key]
    if (wanted === undefined || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    chosen.value = Math.max(0, Math.min(wanted, count() - 1))
    root.value?.querySelectorAll<HTMLElement>('a')[chosen.value]?.focus()
  }

  /** A link that was clicked or tabbed to is where the arrow keys go on from. */
  function follow(index: number): void {
    chosen.value = index
  }

  return { tabindex, move, follow }
}
