const KEY = 'jiepai.reloaded'

/**
 * After a deployment an old tab asks for files that are gone: load the page anew, once. If that didn't help, the
 * error shows as any other.
 */
export function reloadOnceWhenStale(): void {
  addEventListener('vite:preloadError', (event) => {
    const build = import.meta.url
    if (sessionStorage.getItem(KEY) === build) return
    sessionStorage.setItem(KEY, build)
    event.preventDefault()
    location.reload()
  })
}
