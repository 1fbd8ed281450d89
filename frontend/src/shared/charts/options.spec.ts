import { expect, it } from 'vitest'

import type { Colours } from './colours'
import { durationOption, STACK, timelineOption, type ChartWords, type StateBucket } from './options'

const WORDS: ChartWords = {
  state: (state) => state.toUpperCase(),
  duration: (ms) => `${ms} ms`,
  number: String,
  p50: 'half',
  p95: 'nearly all',
}
const COLOURS = new Proxy({}, { get: (_, name) => `ink-${String(name)}` }) as Colours

const NOTHING = { succeeded: 0, failed: 0, cancelled: 0, skipped: 0, running: 0, queued: 0 }

function bucket(label: string, counts: Partial<StateBucket>): StateBucket {
  return { label, title: `at ${label}`, ...NOTHING, ...counts }
}

interface Drawn {
  series: { name: string; data: unknown[]; itemStyle: { color: string; decal?: unknown } }[]
  xAxis: { data: string[] }
  tooltip: { formatter: (given: unknown) => string }
  legend: { top: number }
  animation: boolean
}

function drawn(option: unknown): Drawn {
  return option as Drawn
}

it('stacks what happened, the good at the ground, and leaves out what never did', () => {
  const option = drawn(
    timelineOption(
      [bucket('09', { succeeded: 5, failed: 1 }), bucket('10', { queued: 2 })],
      WORDS,
      COLOURS,
      false,
    ),
  )

  expect(option.xAxis.data).toEqual(['09', '10'])
  expect(option.series.map(({ name, data }) => [name, data])).toEqual([
    ['SUCCEEDED', [5, 0]],
    ['FAILED', [1, 0]],
    ['QUEUED', [0, 2]],
  ])
  expect(option.series[1]?.itemStyle.color).toBe('ink-failed')
  expect(option.legend.top).toBe(0)
})

it('gives each state a pattern of its own', () => {
  const all = bucket('09', Object.fromEntries(STACK.map((state) => [state, 1])))
  const decals = drawn(timelineOption([all], WORDS, COLOURS, false)).series.map(({ itemStyle }) =>
    JSON.stringify(itemStyle.decal),
  )

  expect(new Set(decals).size).toBe(STACK.length)
})

it('says in its tooltip what there is, and no markup of anybody', () => {
  const { formatter } = drawn(
    timelineOption([bucket('<b>', { failed: 3 })], { ...WORDS, state: () => 'a & b' }, COLOURS, false),
  ).tooltip

  const html = formatter([{ dataIndex: 0 }])
  expect(html).toContain('at &#60;b&#62;')
  expect(html).toContain('a &#38; b')
  expect(html).toContain('<b>3</b>')
  expect(formatter([{ dataIndex: 7 }])).toBe('')
})

it('stands still for who wants that', () => {
  expect(drawn(timelineOption([], WORDS, COLOURS, true)).animation).toBe(false)
  expect(drawn(durationOption([], WORDS, COLOURS, false)).animation).toBe(true)
})

it('draws durations with a gap where nothing ran', () => {
  const option = drawn(
    durationOption(
      [
        { label: '1', title: 'day 1', p50: 10, p95: 90 },
        { label: '2', title: 'day 2', p50: null, p95: null },
      ],
      WORDS,
      COLOURS,
      false,
    ),
  )

  expect(option.series.map(({ name, data }) => [name, data])).toEqual([
    ['nearly all', [90, null]],
    ['half', [10, null]],
  ])
  expect(option.tooltip.formatter([{ dataIndex: 0 }])).toContain('<b>90 ms</b>')
  expect(option.tooltip.formatter({ dataIndex: 1 })).toContain('<b>—</b>')
})
