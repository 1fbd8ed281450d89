import type { RunEvent } from '@/shared/live/protocol'

import type { Dashboard } from './dashboard.api'

type Counts = Pick<Dashboard, 'running' | 'queued'>

/**
 * What runs and waits after an event. Whence a run was cancelled or failed is not always told; then nothing changes
 * here, and the figures that are fetched soon after put it right.
 */
export function countsAfter(counts: Counts, { state, attempt }: RunEvent): Counts {
  const { running, queued } = counts
  switch (state) {
    case 'queued':
      return shifted(attempt > 0 ? running - 1 : running, queued + 1)
    case 'running':
      return shifted(running + 1, queued - 1)
    case 'succeeded':
      return shifted(running - 1, queued)
    case 'failed':
      return attempt > 0 ? shifted(running - 1, queued) : counts
    case 'cancelled':
      return attempt > 0 ? counts : shifted(running, queued - 1)
    default:
      return counts
  }
}

function shifted(running: number, queued: number): Counts {
  return { running: Math.max(0, running), queued: Math.max(0, queued) }
}

/** The dashboard with the events that came after its figures; older ones are in them already. */
export function withEvents(board: Dashboard, events: readonly RunEvent[]): Dashboard {
  const at = Date.parse(board.at)
  const counts = events.filter((event) => Date.parse(event.at) > at).reduce(countsAfter, board)
  return { ...board, running: counts.running, queued: counts.queued }
}
