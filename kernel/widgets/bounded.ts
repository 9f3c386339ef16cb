// Controls whose value stays between `min` and `max`, as ipywidgets keeps it there: values are clamped,
// limits that contradict each other are refused.
import { inspect } from 'node:util'
import { fail } from '../../lib/base/errors.ts'
import { DOMWidget, type HasClasses } from './dom-widget.ts'
import type { TimeOfDay } from './times.ts'

interface Limits<T> extends HasClasses {
  min: T
  max: T
}

/** Dates and times of day in milliseconds, to be compared. */
function measure(value: unknown): number {
  if (typeof value !== 'object' || value === null || value instanceof Date) return Number(value)
  const { hours, minutes, seconds, milliseconds } = value as TimeOfDay
  return ((hours * 60 + minutes) * 60 + seconds) * 1000 + milliseconds
}

function checkLimits(owner: string, { min, max }: { min: unknown; max: unknown }): void {
  if (min === null || max === null || measure(min) <= measure(max)) return
  const [low, high] = [min, max].map((one) => inspect(one, { breakLength: Infinity }))
  fail('bad-input', `${owner}: min ${low} is above max ${high}`, 'set both at once with set({ min, max })')
}

/** A number, a date or a time of day in its limits, any of which may be null. */
export abstract class Bounded<S extends Limits<unknown> & { value: unknown }> extends DOMWidget<S> {
  protected override settle(change: Partial<S>, now: Readonly<S>): Partial<S> {
    const { value, min, max } = { ...now, ...change }
    checkLimits(this.constructor.name, { min, max })
    if (value === null) return change
    if (min !== null && measure(value) < measure(min)) return { ...change, value: min }
    if (max !== null && measure(value) > measure(max)) return { ...change, value: max }
    return change
  }
}

/** A number whose exponent to `base` is in the limits. */
export abstract class BoundedLog<
  S extends Limits<number> & { value: number; base: number },
> extends DOMWidget<S> {
  protected override settle(change: Partial<S>, now: Readonly<S>): Partial<S> {
    const { value, min, max, base } = { ...now, ...change }
    checkLimits(this.constructor.name, { min, max })
    const inside = Math.min(Math.max(value, base ** min), base ** max)
    return inside === value ? change : { ...change, value: inside }
  }
}

/** Two numbers, the lower first; at the start the middle half of the limits. */
export abstract class BoundedRange<
  S extends Limits<number> & { value: readonly [number, number] },
> extends DOMWidget<S> {
  get lower(): number {
    return this.get('value')[0]
  }
  set lower(lower: number) {
    this.set({ value: [lower, this.upper] } as never)
  }

  get upper(): number {
    return this.get('value')[1]
  }
  set upper(upper: number) {
    this.set({ value: [this.lower, upper] } as never)
  }

  protected override settle(change: Partial<S>, now: Readonly<S>, first: boolean): Partial<S> {
    const { value, min, max } = { ...now, ...change }
    checkLimits(this.constructor.name, { min, max })
    const inside = (one: number) => Math.max(Math.min(one, max), min)
    if (first && change.value === undefined) {
      const middle = [0.75 * min + 0.25 * max, 0.25 * min + 0.75 * max]
      return { ...change, value: this.spec.traits.value.parse(middle) }
    }
    const [lower, upper] = value
    if (lower > upper) {
      fail('bad-input', `${this.constructor.name}: the lower value ${lower} is above the upper ${upper}`)
    }
    return { ...change, value: Object.freeze([inside(lower), inside(upper)]) }
  }
}

type Tag = string | number

/** A list of tags that may be limited to some, or to numbers in a range. */
export abstract class Tags<
  S extends HasClasses & { value: readonly Tag[]; allowed_tags: readonly Tag[] },
> extends DOMWidget<S> {
  protected override settle(change: Partial<S>, now: Readonly<S>): Partial<S> {
    const {
      value,
      allowed_tags: allowed,
      min = null,
      max = null,
    } = {
      ...now,
      ...change,
    } as S & { min?: number | null; max?: number | null }
    const name = this.constructor.name
    for (const one of value) {
      if (one === '') fail('bad-input', `${name}: a tag cannot be empty`)
      if (allowed.length > 0 && !allowed.includes(one)) {
        fail(
          'bad-input',
          `${name}: the tag ${JSON.stringify(one)} is not allowed`,
          `one of ${allowed.join(', ')}`,
        )
      }
      if ((min !== null && (one as number) < min) || (max !== null && (one as number) > max)) {
        fail('bad-input', `${name}: the tag ${one} is not between ${min ?? '-∞'} and ${max ?? '∞'}`)
      }
    }
    return change
  }
}
