import { shallowRef } from 'vue'

import { isServerThere } from '@/shared/app/reach.store'

const KEY = 'jiepai.reloaded'

/** The address that was asked for last, whether or not it has come. */
export const aim = shallowRef<string | null>(null)

/**
 * After a deployment an old tab asks for files that are gone: load the page anew, once for each build. If that didn't
 * help, or no server answers, the error shows as any other, and what is on screen stays.
 */
export function reloadOnceWhenStale(): void {
  addEventListener('vite:preloadError', async () => {
    const build = import.meta.url
    if (sessionStorage.getItem(KEY) === build || !(await isServerThere())) return
    sessionStorage.setItem(KEY, build)
    const { pathname, search, hash } = location
    if (aim.value === null || aim.value === pathname + search + hash) location.reload()
    else location.assign(aim.value)
  })
}
