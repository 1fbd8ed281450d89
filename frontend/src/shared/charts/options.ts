import type { BarSeriesOption, LineSeriesOption } from 'echarts/charts'
import type { GridComponentOption, LegendComponentOption, TooltipComponentOption } from 'echarts/components'
import type { ComposeOption } from 'echarts/core'

import type { RunState } from '@/shared/api'

import type { Colours } from './colours'

export type ChartOption = ComposeOption<
  BarSeriesOption | LineSeriesOption | GridComponentOption | LegendComponentOption | TooltipComponentOption
>
type Decal = NonNullable<BarSeriesOption['itemStyle']>['decal']

/** What is said in a chart, in the reader's language. */
export interface ChartWords {
  state: (state: RunState) => string
  duration: (ms: number) => string
  number: (value: number) => string
  p50: string
  p95: string
}

/** The order of a stack, from the ground up: what went well, what didn't, what is still to come. */
export const STACK = [
  'succeeded',
  'failed',
  'cancelled',
  'skipped',
  'running',
  'queued',
] as const satisfies readonly RunState[]

/** How many runs came to each state in one stretch of time. `label` is what stands below its bar, `title` the whole. */
export type StateBucket = { label: string; title: string } & Readonly<Record<(typeof STACK)[number], number>>

/** p50 and p95 of one day; null where nothing ran. */
export interface DurationBucket {
  label: string
  title: string
  p50: number | null
  p95: number | null
}

/** A pattern for each state, so that none is told by its colour alone. */
function decalOf(state: RunState, ink: string): Decal {
  const line = { color: ink, symbol: 'rect', symbolSize: 1 } as const
  switch (state) {
    case 'failed':
      return { ...line, dashArrayX: [1, 0], dashArrayY: [2, 4], rotation: Math.PI / 4 }
    case 'cancelled':
      return {
        ...line,
        symbol: 'circle',
        symbolSize: 0.7,
        dashArrayX: [
          [5, 5],
          [0, 5, 5, 0],
        ],
        dashArrayY: [4, 0],
      }
    case 'skipped':
      return { ...line, dashArrayX: [1, 0], dashArrayY: [1.5, 4] }
    case 'running':
      return { ...line, dashArrayX: [1, 0], dashArrayY: [2, 4], rotation: -Math.PI / 4 }
    case 'queued':
      return { ...line, dashArrayX: [1, 0], dashArrayY: [1.5, 5], rotation: Math.PI / 2 }
    default:
      return { symbol: 'none' }
  }
}

/** Everything that the house's charts have in common. */
function frame(colours: Colours, isStill: boolean): ChartOption {
  return {
    animation: !isStill,
    animationDuration: 300,
    textStyle: { fontFamily: 'inherit' },
    backgroundColor: 'transparent',
    grid: {
      top: 40,
      right: 12,
      bottom: 4,
      left: 4,
      outerBoundsMode: 'same',
      outerBoundsContain: 'axisLabel',
    },
    legend: {
      top: 0,
      left: 0,
      itemWidth: 14,
      itemHeight: 10,
      itemGap: 14,
      icon: 'roundRect',
      textStyle: { color: colours['text-soft'], fontSize: 12 },
    },
    tooltip: {
      trigger: 'axis',
      confine: true,
      backgroundColor: colours.surface,
      borderColor: colours.line,
      textStyle: { color: colours.text, fontSize: 13 },
    },
  }
}

function axis(colours: Colours) {
  return {
    axisLabel: { color: colours['text-soft'], fontSize: 12, hideOverlap: true },
    axisLine: { lineStyle: { color: colours.line } },
    axisTick: { show: false },
    splitLine: { lineStyle: { color: colours.line } },
  }
}

/** Runs by state, one stacked bar for each stretch of time. States that never occur are left out. */
export function timelineOption(
  buckets: readonly StateBucket[],
  words: ChartWords,
  colours: Colours,
  isStill: boolean,
): ChartOption {
  const states = STACK.filter((state) => buckets.some((bucket) => bucket[state] > 0))
  return {
    ...frame(colours, isStill),
    xAxis: { type: 'category', data: buckets.map(({ label }) => label), ...axis(colours) },
    yAxis: { type: 'value', minInterval: 1, ...axis(colours) },
    tooltip: {
      ...frame(colours, isStill).tooltip,
      axisPointer: { type: 'shadow' },
      formatter: (given) => {
        const bucket = buckets[indexOf(given)]
        if (!bucket) return ''
        const rows = STACK.filter((state) => bucket[state] > 0).map((state) =>
          line(colours[state], words.state(state), words.number(bucket[state])),
        )
        return `<strong>${escaped(bucket.title)}</strong>${rows.join('') || line('transparent', '—', '')}`
      },
    },
    series: states.map((state) => ({
      type: 'bar',
      stack: 'runs',
      name: words.state(state),
      data: buckets.map((bucket) => bucket[state]),
      barCategoryGap: '22%',
      itemStyle: { color: colours[state], decal: decalOf(state, colours.surface) },
      emphasis: { focus: 'series' },
    })),
  }
}

/** How long runs took, day by day: what half of them, and nineteen of twenty, took at most. */
export function durationOption(
  buckets: readonly DurationBucket[],
  words: ChartWords,
  colours: Colours,
  isStill: boolean,
): ChartOption {
  const lines = [
    { key: 'p95', name: words.p95, dash: 'solid', symbol: 'circle', ink: colours.accent },
    { key: 'p50', name: words.p50, dash: 'dashed', symbol: 'rect', ink: colours['text-soft'] },
  ] as const
  return {
    ...frame(colours, isStill),
    xAxis: {
      type: 'category',
      boundaryGap: false,
      data: buckets.map(({ label }) => label),
      ...axis(colours),
    },
    yAxis: {
      type: 'value',
      ...axis(colours),
      axisLabel: { ...axis(colours).axisLabel, formatter: (ms: number) => words.duration(ms) },
    },
    tooltip: {
      ...frame(colours, isStill).tooltip,
      formatter: (given) => {
        const bucket = buckets[indexOf(given)]
        if (!bucket) return ''
        const rows = lines.map(({ key, name, ink }) =>
          line(ink, name, bucket[key] === null ? '—' : words.duration(bucket[key])),
        )
        return `<strong>${escaped(bucket.title)}</strong>${rows.join('')}`
      },
    },
    series: lines.map(({ key, name, dash, symbol, ink }) => ({
      type: 'line',
      name,
      data: buckets.map((bucket) => bucket[key]),
      symbol,
      symbolSize: 5,
      lineStyle: { color: ink, type: dash, width: 2 },
      itemStyle: { color: ink },
    })),
  }
}

function indexOf(given: unknown): number {
  const first: unknown = Array.isArray(given) ? given[0] : given
  return (first as { dataIndex: number }).dataIndex
}

/** A line of a tooltip: a dot, what, how many. */
function line(ink: string, name: string, value: string): string {
  const dot = `<i style="display:inline-block;width:9px;height:9px;margin-right:7px;border-radius:3px;background:${ink}"></i>`
  return `<div style="display:flex;gap:20px;justify-content:space-between"><span>${dot}${escaped(name)}</span><b>${escaped(value)}</b></div>`
}

/** Tooltips are HTML; names come from people. */
function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (found) => `&#${found.charCodeAt(0)};`)
}
