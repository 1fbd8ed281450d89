import { computed, inject, type InjectionKey, type Ref } from 'vue'
import { useI18n } from 'vue-i18n'

import { serverNow } from '@/shared/time/clock'
import { formatClock, formatDuration, formatInstant, formatInstantFully } from '@/shared/time/format'

/** The user's time zone (IANA name); empty is the browser's. The app provides it. */
export const TIME_ZONE: InjectionKey<Readonly<Ref<string>>> = Symbol('time zone')

/** Instants and durations in the user's language and time zone. */
export function useFormat() {
  const { t, locale, n } = useI18n()
  const zone = inject(TIME_ZONE, null)
  const units = computed(() => ({
    ms: t('units.ms'),
    s: t('units.s'),
    min: t('units.min'),
    h: t('units.h'),
    d: t('units.d'),
  }))
  return {
    instant: (at: string) => formatInstant(at, serverNow(), locale.value, zone?.value ?? ''),
    instantFully: (at: string) => formatInstantFully(at, locale.value, zone?.value ?? ''),
    clock: (at: number) => formatClock(at, locale.value, zone?.value ?? ''),
    duration: (ms: number) => formatDuration(ms, units.value),
    number: (value: number) => n(value),
  }
}
