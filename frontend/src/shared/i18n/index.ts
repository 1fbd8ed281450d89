import type { Language as ElementLanguage } from 'element-plus/es/locale/index'
import { nextTick, shallowRef } from 'vue'
import { createI18n } from 'vue-i18n'

import type en from './en'

export const LANGUAGES = ['zh-Hans', 'en'] as const
export type Language = (typeof LANGUAGES)[number]
export type Messages = typeof en

/** What the server calls them. */
export const SERVER_NAMES = { 'zh-Hans': 'zh-hans', en: 'en' } as const satisfies Record<Language, string>

declare module 'vue-i18n' {
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type -- the way vue-i18n is told of our keys
  export interface DefineLocaleMessage extends Messages {}
}

const KEY = 'jiepai.language'

/** Loaded when first spoken: a visit pays for one language. */
const loaders = {
  en: () => Promise.all([import('./en'), import('element-plus/es/locale/lang/en')]),
  'zh-Hans': () => Promise.all([import('./zh-Hans'), import('element-plus/es/locale/lang/zh-cn')]),
} satisfies Record<Language, () => Promise<unknown>>

export const i18n = createI18n<false>({
  legacy: false,
  locale: 'en',
  fallbackLocale: [],
  missingWarn: import.meta.env.DEV,
})

/** Element Plus's own words, for its config provider. */
export const elementLanguage = shallowRef<ElementLanguage>()

/** What this browser chose before, else the first of its languages that we speak, else Chinese. */
export function initialLanguage(): Language {
  const stored = localStorage.getItem(KEY)
  return LANGUAGES.find((language) => language === stored) ?? spokenOf(navigator.languages) ?? 'zh-Hans'
}

/** The first of a person's languages that is one of ours, whatever its region or script. */
export function spokenOf(wanted: readonly string[]): Language | undefined {
  for (const tag of wanted) {
    const primary = tag.toLowerCase().split('-')[0]
    const found = LANGUAGES.find((language) => language.toLowerCase().split('-')[0] === primary)
    if (found) return found
  }
  return undefined
}

export function currentLanguage(): Language {
  return i18n.global.locale.value as Language
}

export async function speak(language: Language): Promise<void> {
  const [words, ofElement] = await loaders[language]()
  i18n.global.setLocaleMessage(language, words.default)
  elementLanguage.value = ofElement.default
  i18n.global.locale.value = language
  document.documentElement.lang = language
  localStorage.setItem(KEY, language)
  await nextTick()
}
