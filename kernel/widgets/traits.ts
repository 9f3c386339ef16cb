// What a property of a widget may hold, how it travels, and what it starts as: the vocabulary in which
// `generated.ts` is written. Widgets themselves are in `widget.ts`; here they are known by a symbol only.
import { isRecord } from '../display/table.ts'
import { bytesOf } from './buffers.ts'
import { anything, isWidget, type WidgetLike } from './values.ts'

export interface Trait {
  /** The default; made anew for each widget. */
  initial(): unknown
  /** The value as it is kept, or undefined when it is not of this kind. */
  parse(value: unknown): unknown
  /** What is allowed, for error messages: "a whole number". */
  readonly expects: string
  /** The kept value from what the page sent, before `parse`; by default as it is. */
  fromPage?(json: unknown): unknown
  /** The value as it is sent; by default `toPage` of values.ts. */
  toPage?(value: unknown): unknown
  /** Only here, never sent. */
  readonly local?: boolean
  /** The page may not change it. */
  readonly fixed?: boolean
  /** False: changes by the page are not echoed to it. */
  readonly echo?: boolean
  /** Not to be printed. */
  readonly secret?: boolean
  /** The class of widget that a plain object becomes. */
  readonly of?: () => Class
}

type Class = new (options?: object) => WidgetLike

const kind = (expects: string, parse: Trait['parse']) => {
  return (initial: unknown): Trait => ({ expects, parse, initial: () => initial })
}

export const bool = kind('true or false', (value) => (typeof value === 'boolean' ? value : undefined))
export const text = kind('a string', (value) => (typeof value === 'string' ? value : undefined))
/** Any finite number. */
export const float = kind('a finite number', (value) => (Number.isFinite(value) ? value : undefined))
/** A whole number; fractions are cut off, as ipywidgets does. */
export const int = kind('a whole number', (value) =>
  Number.isFinite(value) ? Math.trunc(value as number) : undefined,
)

/** One of some strings. */
export function choice(initial: unknown, choices: readonly string[]): Trait {
  const parse = (value: unknown) => (choices.includes(value as string) ? value : undefined)
  return { expects: choices.map((one) => `'${one}'`).join(', '), parse, initial: () => initial }
}

/** Null or what the other trait allows, whose default it has. */
export function nullable(trait: Trait): Trait {
  const through = (change: ((value: unknown) => unknown) | undefined) =>
    change && ((value: unknown) => (value === null ? null : change(value)))
  return {
    ...trait,
    expects: `${trait.expects} or null`,
    parse: (value) => (value === null ? null : trait.parse(value)),
    fromPage: through(trait.fromPage),
    toPage: through(trait.toPage),
  }
}

/** Null at first, or what the other trait allows. */
export const optional = (trait: Trait): Trait => ({ ...nullable(trait), initial: () => null })

/** What either of two traits allows; the default is the first's. */
export function either(one: Trait, other: Trait): Trait {
  const parse = (value: unknown) => one.parse(value) ?? other.parse(value)
  return { ...one, expects: `${one.expects}, or ${other.expects}`, parse }
}

/** A list, kept as a frozen copy: assigning another is how it changes. */
export function list(item: Trait, initial: readonly unknown[] = [], length?: number): Trait {
  const all = (change: (value: unknown) => unknown) => (value: unknown) =>
    Array.isArray(value) ? value.map(change) : value
  return {
    expects: length === undefined ? `a list of ${item.expects}` : `${length} of: ${item.expects}`,
    initial: () => Object.freeze([...initial]),
    parse(value) {
      if (!Array.isArray(value) || (length !== undefined && value.length !== length)) return undefined
      const parsed = Array.from(value, (one) => item.parse(one))
      return parsed.includes(undefined) ? undefined : Object.freeze(parsed)
    },
    fromPage: item.fromPage && all(item.fromPage),
    toPage: item.toPage && all(item.toPage),
  }
}

/** Bytes; any view or buffer is taken. */
export const bytes = (): Trait => ({ expects: 'bytes', parse: bytesOf, initial: () => new Uint8Array() })

/** Anything that JSON, bytes and widgets can make up. */
export const any = (initial: unknown = null): Trait => ({
  expects: 'made of JSON values, bytes and widgets',
  parse: anything.parse,
  initial: () => initial,
  fromPage: anything.fromPage,
})

/** A plain object. */
export const record = (): Trait => ({
  expects: 'an object',
  parse: (value) => (isRecord(value) ? anything.parse(value) : undefined),
  initial: () => ({}),
})

/** Another widget; a plain object becomes one of the class with these properties. */
export function reference(cls: () => Class): Trait {
  return {
    of: cls,
    expects: 'a widget of its class, or its properties',
    parse: (value) => (value instanceof cls() ? value : undefined),
    initial: () => new (cls())(),
    fromPage: anything.fromPage,
  }
}

/** Any widget, for use in lists. */
export const widget = (): Trait => ({
  expects: 'widgets',
  parse: (value) => (isWidget(value) ? value : undefined),
  initial: () => null,
  fromPage: anything.fromPage,
})

/** A widget and the name of one of its properties. */
export const place = (): Trait => ({
  expects: '[widget, name of a property]',
  parse(value) {
    if (!Array.isArray(value) || value.length !== 2 || !isWidget(value[0])) return undefined
    return typeof value[1] === 'string' && value[0].has(value[1]) ? Object.freeze([...value]) : undefined
  },
  initial: () => Object.freeze([]),
  fromPage: anything.fromPage,
})

/** Only on this side: never sent to the page. */
export const localOnly = (trait: Trait): Trait => ({ ...trait, local: true, fixed: true })

/** Not for the page to change. */
export const fixed = (trait: Trait): Trait => ({ ...trait, fixed: true })

/** Not to be printed. */
export const secret = (trait: Trait): Trait => ({ ...trait, secret: true })
