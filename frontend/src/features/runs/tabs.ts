/** The parts of a run's page, as they stand in its address. */
export const TABS = ['log', 'timeline', 'parameters', 'result'] as const
export type Tab = (typeof TABS)[number]
