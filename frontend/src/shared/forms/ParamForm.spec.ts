import { mount } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { i18n, speak } from '@/shared/i18n'

import type { Schema, Values } from './paramFields'
import ParamForm from './ParamForm.vue'

const SCHEMA: Schema = {
  properties: {
    amount: { type: 'number', title: 'Amount', maximum: 10 },
    region: { enum: ['north', 'south'], default: 'north' },
    dry: { type: 'boolean', default: true },
    tags: { type: 'array', items: { type: 'string' } },
    window: { type: 'object', title: 'Window', properties: { days: { type: 'integer', title: 'Days' } } },
    other: { anyOf: [] },
  },
  required: ['amount'],
}

beforeEach(() => speak('en'))
afterEach(() => document.body.replaceChildren())

function shown(values: Values = {}, more: object = {}) {
  const form = mount(ParamForm, {
    props: {
      schema: SCHEMA,
      modelValue: values,
      'onUpdate:modelValue': (value: Values) => form.setProps({ modelValue: value }),
      ...more,
    },
    attachTo: document.body,
    global: { plugins: [i18n] },
  })
  const named = (label: string) => {
    const id = form
      .findAll('label')
      .find((one) => one.text().startsWith(label))!
      .attributes('for')!
    return form.get(`[id="${id}"]`)
  }
  const errors = () => form.findAll('[role=alert]').map((one) => one.text())
  return { form, named, errors, values: () => form.props('modelValue') }
}

async function editor(form: ReturnType<typeof shown>['form']) {
  await vi.waitFor(() => expect(form.find('.cm-content').exists()).toBe(true), { timeout: 5000 })
  return form.findComponent({ name: 'JsonInput' })
}

describe('the form', () => {
  it('gives what is filled in, each as what it is, and nothing else', async () => {
    const { form, named, values } = shown()
    await named('Amount').setValue('1.0')
    await named('region').setValue('1')
    await named('dry').setValue('1')
    await form.get('.add').trigger('click')
    await form.get('.list input').setValue('nightly')
    await named('Days').setValue('7')
    expect(values()).toEqual({
      amount: 1,
      region: 'south',
      dry: false,
      tags: ['nightly'],
      window: { days: 7 },
    })

    await named('region').setValue('')
    await named('Days').setValue('')
    expect(values()).toEqual({ amount: 1, dry: false, tags: ['nightly'] })
  })

  it('lets a number be typed that on its way is another, or none', async () => {
    const { named, values } = shown()
    for (const typed of ['-', '-1', '-1.', '-1.0', '-1.05']) {
      await named('Amount').setValue(typed)
      expect((named('Amount').element as HTMLInputElement).value).toBe(typed)
    }
    expect(values()).toEqual({ amount: -1.05 })
  })

  it('says what is missing or wrong when it is asked, and goes there', async () => {
    const { form, named, errors } = shown()
    expect(errors()).toEqual([])
    expect(await (form.vm as unknown as { check(): Promise<boolean> }).check()).toBe(false)
    expect(errors()).toEqual(['Fill this in.'])
    expect(document.activeElement).toBe(named('Amount').element)
    await named('Amount').setValue('11')
    expect(errors()).toEqual(['10 is the most.'])
    await named('Amount').setValue('10')
    expect(await (form.vm as unknown as { check(): Promise<boolean> }).check()).toBe(true)
  })

  it('shows the objections of the server at their fields, and those to the whole below', () => {
    const problems = { 'params.window.days': 'Too many days.', params: 'Not today.' }
    expect(shown({ amount: 1 }, { problems }).errors()).toEqual(['Too many days.', 'Not today.'])
  })

  it('keeps and names what no field shows', async () => {
    const { form, named, values } = shown({ extra: [1] })
    expect(form.text()).toContain('extra')
    await named('Amount').setValue('1')
    expect(values()).toEqual({ extra: [1], amount: 1 })
  })
})

describe('as JSON', () => {
  it('the same values are written, and come back', async () => {
    const { form, named, values } = shown({ amount: 1, extra: [1] })
    await form.get('input[value=json]').setValue(true)
    const json = await editor(form)
    json.vm.$emit('update:modelValue', { amount: 2, extra: [1, 2] })
    await form.get('input[value=form]').setValue(true)
    expect((named('Amount').element as HTMLInputElement).value).toBe('2')
    expect(values()).toEqual({ amount: 2, extra: [1, 2] })
  })

  it('a text that is no object keeps the form away, so that it is not lost', async () => {
    const { form, errors } = shown({ amount: 1 })
    await form.get('input[value=json]').setValue(true)
    const json = await editor(form)
    json.vm.$emit('update:broken', 'No JSON.')
    await form.get('input[value=form]').setValue(true)
    expect(errors()).toEqual(['No JSON.'])
    expect(form.find('.cm-content').exists()).toBe(true)
    await vi.waitFor(() =>
      expect((form.get('input[value=json]').element as HTMLInputElement).checked).toBe(true),
    )
  })
})

it('says so when there are no parameters', () => {
  expect(shown({}, { schema: {} }).form.text()).toContain('takes no parameters')
})
