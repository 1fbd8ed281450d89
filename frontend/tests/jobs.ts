import type { Job } from '@/shared/api'

export const jobId = (number: number) => `01910000-0000-7000-8000-${String(number).padStart(12, '0')}`

export function aJob(number: number, changes: Partial<Job> = {}): Job {
  return {
    id: jobId(number),
    name: `job ${number}`,
    kind: 'python',
    description: '',
    tags: [],
    owner: 'lin',
    is_paused: false,
    version: 1,
    created_at: '2026-03-01T10:00:00Z',
    updated_at: '2026-03-01T10:00:00Z',
    can_operate: true,
    can_change: true,
    can_delete: true,
    recent_runs: [],
    ...changes,
  }
}
