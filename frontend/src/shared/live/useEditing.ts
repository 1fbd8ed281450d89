import { onScopeDispose, readonly, ref, shallowRef, toValue, watch, type MaybeRefOrGetter } from 'vue'

import { api, bodyOf } from '@/shared/api'
import type { components } from '@/shared/api/schema'

/** Somebody who edits the same job in another tab; `is_you`: oneself. */
export type Editor = components['schemas']['Editor']

const EVERY_MS = 15_000

/** This page's name among all that edit; a page that is loaded again is another one. */
const TAB = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
  byte.toString(16).padStart(2, '0'),
).join('')

/**
 * Tell the server that this page edits a job, while the page is looked at, and learn who else does.
 *
 * jobId: null for none just now. isDirty: there is something that is not saved; a change of it is told at once.
 * `version` is the one that is current on the server, null before the first answer. An answer that fails is no news:
 * the next one comes in 15 seconds.
 */
export function useEditing(jobId: MaybeRefOrGetter<string | null>, isDirty: MaybeRefOrGetter<boolean>) {
  const others = shallowRef<readonly Editor[]>([])
  const version = ref<number | null>(null)
  let latest = 0

  async function tell(): Promise<void> {
    const id = toValue(jobId)
    if (id === null || document.hidden) return
    const ticket = ++latest
    const answer = await bodyOf(
      api.PUT('/api/v1/jobs/{id}/editing/', {
        params: { path: { id } },
        body: { tab: TAB, is_dirty: toValue(isDirty) },
      }),
    ).catch(() => null)
    if (answer === null || ticket !== latest) return // failed, or overtaken by a newer one
    others.value = answer.others
    version.value = answer.version
  }

  /** `keepalive`: the page may be gone before the answer comes. */
  function leave(id: string | null): void {
    latest += 1
    others.value = []
    version.value = null
    if (id === null) return
    api
      .DELETE('/api/v1/jobs/{id}/editing/', {
        params: { path: { id }, query: { tab: TAB } },
        keepalive: true,
      })
      .catch(() => {}) // the place is free by itself soon
  }

  const onVisible = () => void tell()
  const onLeave = () => leave(toValue(jobId))
  const timer = setInterval(onVisible, EVERY_MS)
  document.addEventListener('visibilitychange', onVisible)
  addEventListener('pagehide', onLeave)

  watch(
    () => toValue(jobId),
    (_now, before) => {
      if (before) leave(before)
      void tell()
    },
    { immediate: true },
  )
  watch(
    () => toValue(isDirty),
    () => void tell(),
  )
  onScopeDispose(() => {
    clearInterval(timer)
    document.removeEventListener('visibilitychange', onVisible)
    removeEventListener('pagehide', onLeave)
    leave(toValue(jobId))
  })

  return { others: readonly(others), version: readonly(version) }
}
