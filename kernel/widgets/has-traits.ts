// An object whose properties are declared, checked and observed: what ipywidgets has from traitlets.
// Not yet a widget: nothing is sent from here (`widget.ts` does that).
import { isDeepStrictEqual } from 'node:util'
import { isRecord } from '../display/table.ts'
import { bytesOf } from './buffers.ts'
import { Listeners } from './listeners.ts'
import { describe, type ModelSpec, parsed, type State, traitOf } from './spec.ts'
import { toPage } from './values.ts'

/** The state type of a widget; only for the checker, no property stands behind it. */
export declare const stateType: unique symbol

/** What a constructor and `set` take: any properties, with plain objects for layout and style. */
export type WidgetOptions<S> = {
  [K in keyof S]?: S[K] extends { readonly [stateType]: infer P } ? S[K] | WidgetOptions<P> : S[K]
}

export interface Change<S, K extends keyof S = keyof S, W = unknown> {
  readonly name: K
  readonly old: S[K]
  readonly new: S[K]
  readonly owner: W
}

export abstract class HasTraits<S extends object = object> {
  declare readonly [stateType]: S
  declare protected static spec: ModelSpec
  protected readonly spec: ModelSpec
  /** The layout and style it made for itself. */
  protected readonly parts: object[] = []
  #values: State = {}
  readonly #observers = new Map<string, Listeners<[unknown]>>()

  /** @throws SelmaError (bad-input) for a property it has not, or a value that the property cannot have */
  constructor(options: WidgetOptions<S> = {}) {
    this.spec = this.specify((this.constructor as typeof HasTraits).spec, options as State)
    const given = this.#parse(options as State)
    const values: State = {}
    for (const [name, trait] of Object.entries(this.spec.traits)) {
      values[name] = Object.hasOwn(given, name)
        ? given[name]
        : this.#part(trait.initial(), trait.of !== undefined)
    }
    this.#values = { ...values, ...this.settle(given as Partial<S>, values as S, true) }
  }

  /** Makes a property of the state a property of objects. */
  protected static property(target: object, name: string): void {
    Object.defineProperty(target, name, {
      get(this: HasTraits) {
        return this.#values[name]
      },
      set(this: HasTraits, value: unknown) {
        this.set({ [name]: value } as object)
      },
      configurable: true,
      enumerable: true,
    })
  }

  /** Whether there is a property of that name. */
  has(name: string): boolean {
    return Object.hasOwn(this.spec.traits, name)
  }

  get<K extends keyof S & string>(name: K): S[K] {
    return this.#values[name] as S[K]
  }

  /**
   * Sets several properties: checked together, sent in one message.
   *
   * @throws SelmaError (bad-input), and then nothing has changed; or what an observer threw, after all have run
   */
  set(values: WidgetOptions<S>): this {
    const thrown: unknown[] = []
    this.apply(this.settled(this.#parse(values as State)), (error) => thrown.push(error))
    if (thrown.length > 0) throw thrown[0]
    return this
  }

  /** Calls a handler after a property changed, whoever changed it; what it prints goes to the present cell. */
  observe<K extends keyof S & string>(
    names: K | readonly K[],
    handler: (change: Change<S, K, this>) => unknown,
  ): void {
    const list = [names].flat() as string[]
    for (const name of list) traitOf(this.spec, this.constructor.name, name)
    for (const name of list) {
      const listeners = this.#observers.get(name) ?? new Listeners()
      this.#observers.set(name, listeners)
      listeners.add(handler as (change: unknown) => unknown)
    }
  }

  /** Takes back an `observe`: that handler, or all handlers of the properties. */
  unobserve<K extends keyof S & string>(
    names: K | readonly K[],
    handler?: (change: Change<S, K, this>) => unknown,
  ): void {
    for (const name of [names].flat() as string[]) {
      this.#observers.get(name)?.remove(handler as ((change: unknown) => unknown) | undefined)
    }
  }

  toString(): string {
    return describe(this.constructor.name, this.spec, this.#values)
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString()
  }

  /** For classes whose properties differ from one object to the next. */
  protected specify(spec: ModelSpec, _options: State): ModelSpec {
    return spec
  }

  /**
   * Completes and corrects a change before it happens: clamps, keeps properties in step, refuses by throwing.
   * It runs inside the constructor, so it must not use fields of a subclass.
   *
   * @param change properties about to change, each valid by itself
   * @param now all properties before the change; in the constructor, the defaults with the change in them
   */
  protected settle(change: Partial<S>, _now: Readonly<S>, _first: boolean): Partial<S> {
    return change
  }

  /** Called between a change and its observers. */
  protected abstract changed(names: readonly string[]): void

  /** A valid change, completed and corrected. */
  protected settled(change: State): State {
    return this.settle(change as Partial<S>, this.#values as S, false) as State
  }

  /** Makes a settled change happen. */
  protected apply(change: State, thrown?: (error: unknown) => void): void {
    const old = this.#values
    const names = Object.keys(change).filter((name) => !this.#same(name, old[name], change[name]))
    if (names.length === 0) return
    this.#values = { ...old, ...change }
    this.changed(names)
    for (const name of names) {
      const news = { name, old: old[name], new: change[name], owner: this }
      this.#observers.get(name)?.emit([news], thrown)
    }
  }

  /** Properties as they are sent, bytes left in. */
  protected json(names: readonly string[]): State {
    const { traits } = this.spec
    return Object.fromEntries(
      names.map((name) => [name, (traits[name].toPage ?? toPage)(this.#values[name])]),
    )
  }

  #part(value: unknown, made: boolean): unknown {
    if (made) this.parts.push(value as object)
    return value
  }

  #parse(values: State): State {
    const result: State = {}
    for (const [name, value] of Object.entries(values)) {
      if (value === undefined) continue
      const trait = traitOf(this.spec, this.constructor.name, name)
      const made = trait.of && isRecord(value) ? this.#part(new (trait.of())(value), true) : value
      result[name] = parsed(trait, this.constructor.name, name, made)
    }
    return result
  }

  #same(name: string, a: unknown, b: unknown): boolean {
    const { local, toPage: to = toPage } = this.spec.traits[name]
    if (local) return Object.is(a, b) || (Array.isArray(a) && isDeepStrictEqual(a, b))
    // Bytes that were assigned again may have been written to in between.
    const shared = bytesOf(a)?.buffer
    return isDeepStrictEqual(to(a), to(b)) && (shared === undefined || shared !== bytesOf(b)?.buffer)
  }
}
