import { onBeforeUnmount, onMounted } from 'vue'
import { useI18n } from 'vue-i18n'
import { onBeforeRouteLeave, onBeforeRouteUpdate, type RouteLocationNormalized } from 'vue-router'

/**
 * Ask before unsaved changes are lost: on the way to another page, and when the tab is closed. A change of the query
 * or the hash alone stays on the page and is let through, unless `isLeaving` says otherwise. hint: key of what is said
 * about what becomes of the changes.
 */
export function useUnsavedGuard(
  isDirty: () => boolean,
  isLeaving: (to: RouteLocationNormalized, from: RouteLocationNormalized) => boolean = (to, from) =>
    to.path !== from.path,
  hint = 'common.unsavedHint',
): void {
  const { t } = useI18n()

  async function guard(to: RouteLocationNormalized, from: RouteLocationNormalized): Promise<boolean> {
    if (!isDirty() || !isLeaving(to, from)) return true
    const { confirmDanger } = await import('@/shared/ui/notify')
    return confirmDanger({
      title: t('common.unsavedTitle'),
      message: t(hint),
      yes: t('common.unsavedLeave'),
      no: t('common.unsavedStay'),
    })
  }

  function onUnload(event: BeforeUnloadEvent): void {
    if (isDirty()) event.preventDefault()
  }

  onBeforeRouteLeave(guard)
  onBeforeRouteUpdate(guard)
  onMounted(() => addEventListener('beforeunload', onUnload))
  onBeforeUnmount(() => removeEventListener('beforeunload', onUnload))
}
