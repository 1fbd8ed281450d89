import { computed, ref, type Ref } from 'vue'

import type { LogBuffer } from './logBuffer'
import { PlainRows, rowsFor, WrappedRows, type LogRows } from './logRows'

export interface LogShape {
  buffer: LogBuffer
  /** Grows when the buffer does. */
  version: number
  isWrapped: boolean
}

/** The rows of a log that may grow. columns: how many letters fit on one. */
export function useLogRows(shape: () => LogShape, columns: Readonly<Ref<number>>) {
  const corrections = ref(0)
  let wrapped = new WrappedRows()
  let madeFor: [LogBuffer, number] | null = null

  // A new object each time: the rows are changed in place, and who shows them must hear of it.
  const layout = computed<{ rows: LogRows }>(() => {
    const { buffer, version, isWrapped } = shape()
    void [version, corrections.value]
    if (!isWrapped) return { rows: new PlainRows(buffer.count) }
    if (madeFor?.[0] !== buffer || madeFor[1] !== columns.value) {
      wrapped = new WrappedRows()
      madeFor = [buffer, columns.value]
    }
    while (wrapped.count < buffer.count) {
      wrapped.push(rowsFor(buffer.text(wrapped.count), columns.value))
    }
    return { rows: wrapped }
  })

  /** Take in how many rows some lines have turned out to need: pairs of line and rows. */
  function correct(measured: readonly (readonly [number, number])[]): void {
    const changes = measured.filter(([line, rows]) => wrapped.correct(line, rows))
    if (changes.length > 0) corrections.value += 1
  }

  return { layout, correct }
}
