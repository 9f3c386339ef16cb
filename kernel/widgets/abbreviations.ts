// From a short description of an argument to the control for it, as ipywidgets' `interact` has them.
import { fail } from '../../lib/base/errors.ts'
import { isRecord } from '../display/table.ts'
import { Checkbox, Dropdown, FloatSlider, IntSlider, Text } from './generated.ts'
import type { Choices } from './selection.ts'
import { Widget } from './widget.ts'

/** An argument without a control. */
export class Fixed<T> {
  readonly value: T
  constructor(value: T) {
    this.value = value
  }
}

/** Passes a value on without a control for it. */
export const fixed = <T>(value: T): Fixed<T> => new Fixed(value)

type Range = readonly [min: number, max: number] | readonly [min: number, max: number, step: number]

/**
 * What stands for a control: a number or a range (slider), a boolean (checkbox), a string (text), a list or
 * an object of values by label (dropdown), or a widget with a value.
 */
export type Abbreviation = Widget | Fixed<unknown> | number | boolean | string | Choices<unknown>

/** The type of the argument that an abbreviation stands for. */
export type ArgumentOf<A> =
  A extends Fixed<infer T>
    ? T
    : A extends Widget
      ? A extends { readonly value: infer V }
        ? V
        : never
      : A extends number
        ? number
        : A extends boolean
          ? boolean
          : A extends string
            ? string
            : A extends Range
              ? number
              : A extends readonly (infer E)[]
                ? E extends readonly [string, infer V]
                  ? V
                  : E
                : A extends Readonly<Record<string, infer V>>
                  ? V
                  : never

/** A widget that has a value. */
export type ValueWidget = Widget<{ value: unknown }>

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value)

function slider(
  values: readonly number[],
  value: number,
  min: number,
  max: number,
  step?: number,
): ValueWidget {
  const Slider = values.every(Number.isInteger) ? IntSlider : FloatSlider
  return new Slider({ value, min, max, step })
}

function range(name: string, values: readonly number[]): ValueWidget {
  const [min, max, step] = values
  if (min > max)
    fail('bad-input', `${name}: the range [${values.join(', ')}] goes from ${min} down to ${max}`)
  if (step !== undefined && step <= 0) {
    fail('bad-input', `${name}: the step of [${values.join(', ')}] is not above 0`, 'write [min, max, step]')
  }
  const whole = values.every(Number.isInteger)
  const middle = min + (whole ? Math.floor((max - min) / 2) : (max - min) / 2)
  const value = step === undefined ? middle : min + Math.trunc((middle - min) / step) * step
  return slider(values, value, min, max, step)
}

/**
 * The control for an argument.
 *
 * A number n becomes a slider from −n to 3n (0 to 1 for 0), whole if n is; `[min, max]` and `[min, max, step]`
 * a slider that starts in the middle; other lists and objects a dropdown. A dropdown of two or three numbers
 * has to be made with `new Dropdown({ options })`.
 *
 * @throws SelmaError (bad-input) for what has no control
 */
export function controlFor(name: string, abbreviation: unknown): ValueWidget | Fixed<unknown> {
  if (abbreviation instanceof Fixed) return abbreviation
  if (abbreviation instanceof Widget) {
    if (abbreviation.has('value')) return abbreviation as unknown as ValueWidget
    return fail(
      'bad-input',
      `${name}: ${abbreviation} has no value to pass on`,
      'give a control, or fixed(value)',
    )
  }
  if (typeof abbreviation === 'string') return new Text({ value: abbreviation })
  if (typeof abbreviation === 'boolean') return new Checkbox({ value: abbreviation })
  if (isNumber(abbreviation)) {
    const value = abbreviation
    const [min, max] = value === 0 ? [0, 1] : value > 0 ? [-value, 3 * value] : [3 * value, -value]
    return slider([value], value, min, max)
  }
  if (Array.isArray(abbreviation) && abbreviation.length > 0) {
    const isRange = [2, 3].includes(abbreviation.length) && abbreviation.every(isNumber)
    return isRange ? range(name, abbreviation) : new Dropdown({ options: abbreviation as unknown[] })
  }
  if (isRecord(abbreviation) && Object.keys(abbreviation).length > 0) {
    return new Dropdown({ options: abbreviation })
  }
  return fail(
    'bad-input',
    `${name}: there is no control for ${JSON.stringify(abbreviation) ?? String(abbreviation)}`,
    'give a number, [min, max], a boolean, a string, a list of choices, a widget, or fixed(value)',
  )
}
