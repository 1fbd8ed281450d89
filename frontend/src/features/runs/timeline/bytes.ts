const UNITS = ['B', 'KB', 'MB', 'GB', 'TB'] as const

/** Three digits at most, in the unit that fits; 1 KB is 1024 bytes, as the limits of a job count. */
export function bytesIn(bytes: number, write: (value: number) => string): string {
  const step = bytes < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log(bytes) / Math.log(1024)))
  const value = bytes / 1024 ** step
  return `${write(value < 10 ? Math.round(value * 10) / 10 : Math.round(value))}\u202f${UNITS[step]}`
}
