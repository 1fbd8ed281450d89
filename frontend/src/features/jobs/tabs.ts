/** The parts of a job's page, as they stand in its address. */
export const TABS = ['overview', 'code', 'triggers', 'versions', 'runs', 'settings'] as const
export type Tab = (typeof TABS)[number]
/** Opens, in the address of the triggers' part, the dialog for a trigger that is not there yet. */
export const NEW_TRIGGER = 'new'
