import type { ChangeEvent } from './protocol'
import { useLive } from './useLive'

export interface ChangeHandlers {
  /** Which changes matter here; all of them when it is left out. */
  concerns?: (change: ChangeEvent) => boolean
  /** Called with what concerns us of one message, in order, and never with nothing. */
  onChanges: (changes: ChangeEvent[]) => void
  /** Changes may have been missed: fetch what is on screen again. Called when the page begins to listen, too. */
  onGap: () => void
}

/** Hear what people change of jobs, triggers and datasources, while the component lives. */
export function useChanges({ concerns, onChanges, onGap }: ChangeHandlers): void {
  useLive<ChangeEvent>('changes', {
    onGap,
    onEvents(events) {
      const ours = concerns ? events.filter(concerns) : events
      if (ours.length > 0) onChanges(ours)
    },
  })
}
