// Controls that choose among options. The page knows labels and indices only (`_options_labels`, `index`);
// the values stay here, so they can be anything.
import { inspect, isDeepStrictEqual } from 'node:util'
import { fail } from '../../lib/base/errors.ts'
import { isRecord } from '../display/table.ts'
import { DOMWidget, type HasClasses } from './dom-widget.ts'
import type { WidgetOptions } from './has-traits.ts'
import { fixed, int, list, localOnly, optional, secret, type Trait, text } from './traits.ts'

/** What there is to choose: values, [label, value] pairs, or values by label. */
export type Choices<T> = readonly (T | readonly [label: string, value: T])[] | Readonly<Record<string, T>>

interface ChoiceState<T> {
  /** What there is to choose: values, [label, value] pairs, or values by label. */
  options: Choices<T>
}
export interface SelectionState<T> extends ChoiceState<T> {
  /** The chosen value. */
  value: T | null
  /** Its label. */
  label: string | null
  /** Its place among the options. */
  index: number | null
}
export interface MultipleSelectionState<T> extends ChoiceState<T> {
  /** The chosen values. */
  value: readonly T[]
  /** Their labels. */
  label: readonly string[]
  /** Their places among the options. */
  index: readonly number[]
}

/** Options of the constructor: value, label or index says what is chosen. */
type Init<S, T> = Omit<WidgetOptions<S>, keyof SelectionState<T>> & { options?: Choices<T> }
export type SelectionInit<S, T> = Init<S, T> & {
  [K in 'value' | 'label' | 'index']?: SelectionState<NoInfer<T>>[K]
}
export type MultipleSelectionInit<S, T> = Init<S, T> & {
  [K in 'value' | 'label' | 'index']?: MultipleSelectionState<NoInfer<T>>[K]
}

const opaque: Trait = { expects: 'a value', parse: (value) => value, initial: () => null }
const choices: Trait = {
  expects: 'a list of values or of [label, value] pairs, or an object of values by label',
  parse: (value) =>
    Array.isArray(value) ? Object.freeze([...value]) : isRecord(value) ? { ...value } : undefined,
  initial: () => Object.freeze([]),
}
const labels = { _options_labels: fixed(list(text(''))), options: localOnly(choices) }

/** Properties of one choice; the index may be missing unless there must be one. */
export const selectionTraits = (index: Trait): Record<string, Trait> => ({
  ...labels,
  index: secret(index),
  value: localOnly(opaque),
  label: secret(localOnly(optional(text('')))),
})
/** Properties of several choices, or of exactly two. */
export const multipleSelectionTraits = (length?: number): Record<string, Trait> => ({
  ...labels,
  index: secret(list(int(0), length ? [0, 0] : [], length)),
  value: localOnly(list(opaque)),
  label: secret(localOnly(list(text('')))),
})

function labelOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value)
  const named = value as Record<string, unknown>
  const found = ['label', 'name', 'title', 'id']
    .map((key) => named[key])
    .find((one) => typeof one === 'string')
  return (found as string | undefined) ?? inspect(value, { depth: 0, breakLength: Infinity })
}

function pairs(options: unknown): readonly (readonly [label: string, value: unknown])[] {
  if (!Array.isArray(options)) return Object.entries(options as object)
  const named = options.every((one) => Array.isArray(one) && one.length === 2 && typeof one[0] === 'string')
  return named ? options : options.map((one) => [labelOf(one), one])
}

/** Labels and values of the options in force, and whether they are new ones. */
function choicesOf(changed: unknown, known: unknown, first: boolean) {
  const all = pairs(changed ?? known)
  const [names, values] = [all.map(([label]) => label), all.map(([, value]) => value)]
  return { names, values, renewed: first || changed !== undefined }
}

const same = (a: unknown) => (b: unknown) => Object.is(a, b) || isDeepStrictEqual(a, b)

/** Where a value or label is; an error when it is nowhere. */
function position(
  owner: string,
  what: string,
  among: readonly unknown[],
  wanted: unknown,
  now?: number,
): number {
  const equal = same(wanted)
  if (now !== undefined && equal(among[now])) return now
  const at = among.findIndex(equal)
  if (at >= 0) return at
  const shown = inspect(wanted, { depth: 1, breakLength: Infinity })
  return fail(
    'bad-input',
    `${owner} has no option with the ${what} ${shown}`,
    `its labels: ${among.map(labelOf).join(', ')}`,
  )
}

function inRange(owner: string, at: number, count: number): number {
  if (at >= 0 && at < count) return at
  return fail('bad-input', `${owner}: index ${at} is not among its ${count} options`)
}

/** One of the options, or none. */
export abstract class Selection<T, S extends SelectionState<T> & HasClasses> extends DOMWidget<S> {
  constructor(options: SelectionInit<S, T> = {} as SelectionInit<S, T>) {
    super(options as WidgetOptions<S>)
  }

  protected override settle(change: Partial<S>, now: Readonly<S>, first: boolean): Partial<S> {
    const name = this.constructor.name
    const { names, values, renewed } = choicesOf(change.options, now.options, first)
    const start = values.length > 0 ? 0 : null
    let index: number | null = now.index
    if (change.index !== undefined) index = change.index
    else if (change.value !== undefined) {
      const before = renewed ? undefined : (now.index ?? undefined)
      index = change.value === null ? null : position(name, 'value', values, change.value, before)
    } else if (change.label !== undefined) {
      index = change.label === null ? null : position(name, 'label', names, change.label)
    } else if (first) index = start
    else if (renewed) index = now.index === null ? null : start
    if (index !== null) inRange(name, index, values.length)
    else if (this.spec.traits.index.parse(null) === undefined) {
      fail('bad-input', `${name} must have a choice`, 'give it options, and a value among them')
    }
    return {
      ...change,
      ...(renewed ? { _options_labels: Object.freeze(names) } : {}),
      index,
      value: index === null ? null : values[index],
      label: index === null ? null : names[index],
    }
  }
}

/** Several of the options; for ranges the first and the last. */
export abstract class MultipleSelection<
  T,
  S extends MultipleSelectionState<T> & HasClasses,
> extends DOMWidget<S> {
  constructor(options: MultipleSelectionInit<S, T> = {} as MultipleSelectionInit<S, T>) {
    super(options as WidgetOptions<S>)
  }

  protected override settle(change: Partial<S>, now: Readonly<S>, first: boolean): Partial<S> {
    const name = this.constructor.name
    const { names, values, renewed } = choicesOf(change.options, now.options, first)
    let index = renewed ? (this.spec.traits.index.initial() as readonly number[]) : now.index
    if (change.index) index = change.index
    else if (change.value) index = change.value.map((one) => position(name, 'value', values, one))
    else if (change.label) index = change.label.map((one) => position(name, 'label', names, one))
    index = Object.freeze(index.map((at) => inRange(name, at, values.length)))
    if (this.spec.traits.index.parse(index) === undefined)
      fail('bad-input', `${name} takes a first and a last value`)
    return {
      ...change,
      ...(renewed ? { _options_labels: Object.freeze(names) } : {}),
      index,
      value: Object.freeze(index.map((at) => values[at])),
      label: Object.freeze(index.map((at) => names[at])),
    }
  }
}
