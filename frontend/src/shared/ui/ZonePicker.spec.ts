import { mount } from '@vue/test-utils'
import { afterEach, beforeEach, expect, it } from 'vitest'

import { i18n, speak } from '@/shared/i18n'

import ZonePicker from './ZonePicker.vue'

beforeEach(() => speak('en'))
afterEach(() => document.body.replaceChildren())

function shown(zone = 'Europe/Berlin') {
  const picker = mount(ZonePicker, {
    props: {
      id: 'zone',
      modelValue: zone,
      'onUpdate:modelValue': (value: string) => picker.setProps({ modelValue: value }),
    },
    attachTo: document.body,
    global: { plugins: [i18n] },
  })
  const input = picker.get('input')
  return {
    picker,
    input,
    options: () => picker.findAll('[role=option]').map((one) => one.get('.name').text()),
  }
}

it('offers what fits, and takes what is chosen by the keyboard', async () => {
  const { picker, input, options } = shown()
  await input.setValue('shangh')
  expect(options()).toEqual(['Asia/Shanghai'])
  expect(input.attributes('aria-activedescendant')).toBe(picker.get('[role=option]').attributes('id'))
  await input.trigger('keydown', { key: 'Enter' })
  expect(picker.props('modelValue')).toBe('Asia/Shanghai')
  expect(input.element.value).toBe('Asia/Shanghai')
  expect(picker.find('[role=listbox]').exists()).toBe(false)
})

it('takes what is chosen by the pointer', async () => {
  const { picker, input } = shown()
  await input.setValue('york')
  await picker.get('[role=option]').trigger('click')
  expect(picker.props('modelValue')).toBe('America/New_York')
})

it('takes a whole name that is typed, also one the browser does not list', async () => {
  const { picker, input } = shown()
  await input.setValue('asia/kolkata')
  await input.trigger('blur')
  expect(picker.props('modelValue').toLowerCase()).toBe('asia/kolkata')
})

it.each(['Mars/Olympus', 'shang'])('goes back to what was chosen when %s is left there', async (typed) => {
  const { picker, input } = shown()
  await input.setValue(typed)
  await input.trigger('blur')
  expect(picker.props('modelValue')).toBe('Europe/Berlin')
  expect(input.element.value).toBe('Europe/Berlin')
})

it('can be emptied', async () => {
  const { picker, input } = shown()
  await input.setValue('')
  await input.trigger('blur')
  expect(picker.props('modelValue')).toBe('')
})
