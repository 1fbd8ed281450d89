export const TABS = ['preferences', 'password', 'sessions', 'tokens'] as const
export type Tab = (typeof TABS)[number]
