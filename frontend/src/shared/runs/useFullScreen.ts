import { onBeforeUnmount, onMounted, ref, type Ref } from 'vue'

/** Showing one element alone on the screen. Escape leaves it: the browser sees to that. */
export function useFullScreen(root: Readonly<Ref<HTMLElement | null>>) {
  const isFull = ref(false)
  const isPossible = document.fullscreenEnabled === true

  async function toggle(): Promise<void> {
    if (isFull.value) await document.exitFullscreen()
    else await root.value?.requestFullscreen()
  }

  function onChange(): void {
    isFull.value = root.value !== null && document.fullscreenElement === root.value
  }
  onMounted(() => document.addEventListener('fullscreenchange', onChange))
  onBeforeUnmount(() => document.removeEventListener('fullscreenchange', onChange))

  return { isFull, isPossible, toggle }
}
