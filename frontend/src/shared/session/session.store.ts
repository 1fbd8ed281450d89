import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'

import { api, ApiError, bodyOf, onSignedOut, type Session } from '@/shared/api'
import { currentLanguage, SERVER_NAMES, speak, spokenOf, type Language } from '@/shared/i18n'
import { useThemeStore, type Theme } from '@/shared/theme/theme.store'

const HOMES = { dashboard: '/', jobs: '/jobs', runs: '/runs', datasources: '/datasources' } as const

/** Who is signed in, and where. */
export const useSessionStore = defineStore('session', () => {
  const session = shallowRef<Session | null>(null)
  /** The session was there and has ended without our doing. */
  const hasExpired = shallowRef(false)
  let asked = false

  const user = computed(() => session.value?.user ?? null)
  const tenant = computed(() => session.value?.tenant ?? null)
  const isSignedIn = computed(() => session.value !== null)
  const timeZone = computed(() => user.value?.time_zone ?? '')
  const displayName = computed(() => user.value?.display_name || user.value?.username || '')

  const isCompact = computed(() => user.value?.preferences.density === 'compact')
  /** Where the user wants to begin. */
  const home = computed(() => HOMES[user.value?.preferences.home ?? 'dashboard'])

  onSignedOut(() => {
    hasExpired.value ||= session.value !== null
    session.value = null
  })

  /** Whether the user may do this with all objects of its sort. A row says for itself what may be done with it. */
  function may(permission: string): boolean {
    return session.value?.permissions.includes(permission) ?? false
  }

  /** Ask the server who we are. Being nobody is an answer; anything else that fails is thrown. */
  async function check(): Promise<void> {
    try {
      await enter(await bodyOf(api.GET('/api/v1/session/')))
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 401)) throw error
      hasExpired.value ||= session.value !== null
      session.value = null
    }
    asked = true
  }

  /** Know, asking at most once, whether someone is signed in. */
  async function ensure(): Promise<boolean> {
    if (!asked) await check()
    return isSignedIn.value
  }

  async function signIn(username: string, password: string): Promise<void> {
    await enter(await bodyOf(api.POST('/api/v1/session/', { body: { username, password } })))
    asked = true
  }

  async function signOut(): Promise<void> {
    await api.DELETE('/api/v1/session/')
    session.value = null
    hasExpired.value = false
  }

  /** The page changes at once; the server remembers it for the next visit. */
  async function chooseLanguage(language: Language): Promise<void> {
    await speak(language)
    if (session.value) {
      await api.PATCH('/api/v1/account/', { body: { language: SERVER_NAMES[language] } })
    }
  }

  /** Remember for the next visit what the page shows already; where that fails, this browser still remembers. */
  async function chooseTheme(theme: Theme): Promise<void> {
    if (!session.value) return
    await api.PATCH('/api/v1/account/', { body: { preferences: { theme } } }).catch(() => {})
  }

  async function enter(found: Session): Promise<void> {
    const language = spokenOf([found.user.language])
    if (language && language !== currentLanguage()) await speak(language)
    // Who leaves it to the device may have chosen otherwise for this browser, before signing in.
    const { theme } = found.user.preferences
    if (theme !== 'system') useThemeStore().choose(theme)
    session.value = found
    hasExpired.value = false
  }

  return {
    user,
    tenant,
    displayName,
    timeZone,
    isSignedIn,
    isCompact,
    home,
    hasExpired,
    may,
    check,
    ensure,
    signIn,
    signOut,
    chooseLanguage,
    chooseTheme,
  }
})
