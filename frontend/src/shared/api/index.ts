import { observeServerTime } from '@/shared/time/clock'

import { createApi } from './client'
import type { components } from './schema'

export type { components, operations } from './schema'

export { bodyOf } from './client'
export { ApiError } from './errors'

export type Run = components['schemas']['Run']
export type RunPage = components['schemas']['PaginatedRunList']
export type RunState = Run['state']
export type Attempt = components['schemas']['Attempt']
export type RunEventRow = components['schemas']['RunEvent']
export type RunResult = components['schemas']['RunResult']
export type WaitReason = components['schemas']['WaitReason']
export type LogBlock = components['schemas']['LogBlock']
export type Job = components['schemas']['Job']
export type JobDetail = components['schemas']['JobDetail']
export type JobKind = Job['kind']
export type JobPage = components['schemas']['PaginatedJobList']
export type JobSummary = components['schemas']['JobSummary']
export type RecentRun = components['schemas']['RecentRun']
export type Trigger = components['schemas']['Trigger']
export type Session = components['schemas']['Session']

const listeners = new Set<() => void>()

/** Hear that the session has ended behind our back. Returns the way to stop hearing. */
export function onSignedOut(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

const reachListeners = new Set<(isReached: boolean) => void>()

/** Hear of each request whether any answer came. */
export function onReach(listener: (isReached: boolean) => void): void {
  reachListeners.add(listener)
}

export const api = createApi({
  language: () => document.documentElement.lang,
  onServerTime: observeServerTime,
  onReach: (isReached) => reachListeners.forEach((listener) => listener(isReached)),
  onSignedOut: () => listeners.forEach((listener) => listener()),
})
