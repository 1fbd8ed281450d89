import { Document, Moon, Reading, Setting, Sunny, SwitchButton, Tickets } from '@element-plus/icons-vue'
import { keepPreviousData, useQuery } from '@tanstack/vue-query'
import { computed, onScopeDispose, ref, watch, type Component } from 'vue'
import { useI18n } from 'vue-i18n'
import { useRouter, type RouteLocationRaw } from 'vue-router'

import { api, bodyOf, type RunState } from '@/shared/api'
import { currentLanguage, LANGUAGES } from '@/shared/i18n'
import { useFormat } from '@/shared/i18n/useFormat'
import { useSessionStore } from '@/shared/session/session.store'
import { useThemeStore } from '@/shared/theme/theme.store'

import { navigation } from '../features'

import { isId, ranked } from './match'

export interface Command {
  id: string
  label: string
  /** Faint, after the label. */
  detail?: string
  icon: Component
  state?: RunState
  act: () => unknown
}

export interface CommandGroup {
  name: 'pages' | 'actions' | 'jobs' | 'runs'
  commands: Command[]
}

/** A pause in typing this long asks the server. */
const PAUSE_MS = 180
const MOST_JOBS = 8
const MOST_RUNS = 5

/** What the palette offers for the words typed. signOut: the shell's own. */
export function usePalette(signOut: () => unknown) {
  const { t } = useI18n()
  const router = useRouter()
  const session = useSessionStore()
  const theme = useThemeStore()
  const { instant } = useFormat()

  const words = ref('')
  const asked = ref('')
  let timer: ReturnType<typeof setTimeout> | undefined
  watch(words, (typed) => {
    clearTimeout(timer)
    timer = setTimeout(() => (asked.value = typed.trim()), PAUSE_MS)
  })
  onScopeDispose(() => clearTimeout(timer))

  const to = (place: RouteLocationRaw) => () => router.push(place)

  const pages = computed<Command[]>(() => [
    ...navigation
      .flatMap(({ entries }) => entries)
      .map((entry) => ({
        id: `page:${entry.to}`,
        label: t(entry.label),
        icon: entry.icon,
        act: to({ name: entry.to }),
      })),
    ...(session.user?.is_staff
      ? [
          {
            id: 'page:admin',
            label: t('shell.admin'),
            icon: Setting,
            act: () => location.assign('/admin/'),
          },
        ]
      : []),
    {
      id: 'page:api',
      label: t('shell.apiDocs'),
      icon: Reading,
      act: () => window.open('/api/v1/docs/', '_blank', 'noopener'),
    },
  ])

  const actions = computed<Command[]>(() => [
    {
      id: 'action:theme',
      label: theme.isDark ? t('palette.light') : t('palette.dark'),
      icon: theme.isDark ? Sunny : Moon,
      act: () => theme.choose(theme.isDark ? 'light' : 'dark'),
    },
    ...LANGUAGES.filter((language) => language !== currentLanguage()).map((language) => ({
      id: `action:language:${language}`,
      label: t(`languages.${language}`),
      detail: t('shell.language'),
      icon: Document,
      act: () => session.chooseLanguage(language),
    })),
    { id: 'action:sign-out', label: t('session.signOut'), icon: SwitchButton, act: signOut },
  ])

  const query = useQuery({
    queryKey: computed(() => ['palette', asked.value] as const),
    enabled: computed(() => asked.value !== ''),
    placeholderData: keepPreviousData,
    staleTime: 10_000,
    queryFn: ({ queryKey: [, search], signal }) => find(search, signal),
  })

  const found = computed<CommandGroup[]>(() => {
    if (asked.value === '' || !query.data.value) return []
    const { jobs, runs } = query.data.value
    return [
      {
        name: 'jobs',
        commands: jobs.map((job) => ({
          id: `job:${job.id}`,
          label: job.name,
          detail: t(`kinds.${job.kind}`),
          icon: Document,
          act: to({ name: 'job', params: { id: job.id } }),
        })),
      },
      {
        name: 'runs',
        commands: runs.map((run) => ({
          id: `run:${run.id}`,
          label: run.job.name,
          detail: instant(run.queued_at),
          icon: Tickets,
          state: run.state,
          act: to({ name: 'run', params: { id: run.id } }),
        })),
      },
    ]
  })

  const groups = computed<CommandGroup[]>(() => {
    const own: CommandGroup[] = [
      { name: 'pages', commands: ranked(words.value, pages.value, ({ label }) => label) },
      { name: 'actions', commands: ranked(words.value, actions.value, ({ label }) => label) },
    ]
    return [...found.value, ...own].filter(({ commands }) => commands.length > 0)
  })

  return {
    words,
    groups,
    isSearching: computed(() => words.value.trim() !== asked.value || query.isFetching.value),
    error: query.error,
  }
}

/** Jobs and runs that fit; a whole id finds the very one, whatever it is of. */
async function find(search: string, signal: AbortSignal) {
  const ofJobs = isId(search) ? { id: [search] } : { search, page_size: MOST_JOBS, ordering: 'name' }
  const [jobs, runs] = await Promise.all([
    bodyOf(api.GET('/api/v1/jobs/', { params: { query: ofJobs }, signal })),
    bodyOf(api.GET('/api/v1/runs/', { params: { query: { search, page_size: MOST_RUNS } }, signal })),
  ])
  return { jobs: jobs.results, runs: runs.results }
}
