import type { Feature } from '@/shared/app/feature'

const modules = import.meta.glob<Feature>('../features/*/feature.ts', { eager: true, import: 'default' })

/** All features that there are: a new folder with a `feature.ts` is in the frame without another line. */
export const features: readonly Feature[] = Object.values(modules)

const SECTIONS = ['overview', 'operate', 'manage'] as const

/** The main navigation, by section. */
export const navigation = SECTIONS.map((section) => ({
  section,
  entries: features
    .flatMap((feature) => feature.nav ?? [])
    .filter((entry) => entry.section === section)
    .sort((one, other) => one.order - other.order),
})).filter(({ entries }) => entries.length > 0)
