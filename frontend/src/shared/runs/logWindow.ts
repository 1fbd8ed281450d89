import type { LogRows } from './logRows'

/** Browsers give up on elements taller than some 17 to 33 million pixels; beyond this, scrolling is scaled. */
export const TALLEST_PX = 8_000_000

/** Lines above and below the visible ones, so that scrolling shows no empty edge. */
const MARGIN = 12

export interface LogWindow {
  /** Lines to draw: from `first`, up to but without `end`; counted from 0. */
  first: number
  end: number
  /** Where the first drawn line stands, in px from the top of the scrolled content. */
  offset: number
  /** The height of the scrolled content, in px. */
  height: number
}

/** Which of so many lines are in sight. rowHeight: in px. */
export function windowOf(
  rows: LogRows,
  count: number,
  scrollTop: number,
  viewport: number,
  rowHeight: number,
): LogWindow {
  const whole = rows.total * rowHeight
  const height = Math.min(whole, TALLEST_PX)
  const farthest = Math.max(0, height - viewport)
  const at = Math.min(Math.max(0, scrollTop), farthest)
  // Where the view would stand if the content had its whole height.
  const top = farthest === 0 ? 0 : (at / farthest) * Math.max(0, whole - viewport)
  const first = Math.max(0, rows.lineAt(Math.floor(top / rowHeight)) - MARGIN)
  const end = Math.min(count, rows.lineAt(Math.ceil((top + viewport) / rowHeight)) + MARGIN)
  return { first, end, offset: at + rows.rowOf(first) * rowHeight - top, height }
}

/** The scroll position, in px, that brings a line to the middle of the view. index: from 0. */
export function scrollTopFor(rows: LogRows, index: number, viewport: number, rowHeight: number): number {
  const whole = rows.total * rowHeight
  const farthest = Math.max(0, Math.min(whole, TALLEST_PX) - viewport)
  const top = (rows.rowOf(index) + 0.5) * rowHeight - viewport / 2
  const range = Math.max(1, whole - viewport)
  return Math.min(1, Math.max(0, top / range)) * farthest
}
