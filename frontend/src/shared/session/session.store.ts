import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'

import { api, ApiError, bodyOf, onSignedOut, type Session } from '@/shared/api'
import { currentLanguage, speak, spokenOf, type Language } from '@/shared/i18n'

const SERVER_NAMES = { 'zh-Hans': 'zh-hans', en: 'en' } as const satisfies Record<Language, string>

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

  async function enter(found: Session): Promise<void> {
    const language = spokenOf([found.user.language])
    if (language && language !== currentLanguage()) await speak(language)
    session.value = found
    hasExpired.value = false
  }

  return {
    user,
    tenant,
    displayName,
    timeZone,
    isSignedIn,
    hasExpired,
    may,
    check,
    ensure,
    signIn,
    signOut,
    chooseLanguage,
  }
})
