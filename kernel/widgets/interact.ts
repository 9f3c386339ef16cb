// A function run anew whenever one of its controls changes, its output below them. Unlike ipywidgets' the
// arguments come as one object, and asynchronous functions are welcome: one call at a time, the latest wins.
import { randomUUID } from 'node:crypto'
import { DisplayHandle } from '../display/globals.ts'
import { type Abbreviation, type ArgumentOf, controlFor, Fixed, type ValueWidget } from './abbreviations.ts'
import { show } from './capture.ts'
import { DOMWidget } from './dom-widget.ts'
import { Button, Output, Text, VBox } from './generated.ts'

/** The arguments that controls give. */
export type Arguments<A> = { -readonly [K in keyof A]: ArgumentOf<A[K]> }

export interface Call {
  /** Aborted when a control changes while the function still runs; pass it on to what takes a signal. */
  signal: AbortSignal
}

export type InteractiveFunction<A> = (values: Arguments<A>, call: Call) => unknown

export interface InteractOptions {
  /** Run only when the button is pressed, or Enter in a text; default false. */
  manual?: boolean
  /** What the button says; default "Run". */
  manualName?: string
}

type Controls = Readonly<Record<string, Abbreviation>>

/** A box with the controls of a function and what it gives. */
export class Interactive<A extends Controls = Controls> extends VBox {
  /** The output below the controls. */
  readonly out: Output
  /** What the latest call that was not superseded gave. */
  result: unknown
  readonly #fn: InteractiveFunction<A>
  readonly #controls: readonly [name: string, control: ValueWidget | Fixed<unknown>][]
  readonly #button: Button | undefined
  #running: AbortController | undefined
  #again = false

  constructor(
    fn: InteractiveFunction<A>,
    controls: A,
    { manual = false, manualName = 'Run' }: InteractOptions = {},
  ) {
    const made = Object.entries(controls).map(([name, one]) => [name, controlFor(name, one)] as const)
    const widgets = made.flatMap(([, one]) => (one instanceof Fixed ? [] : [one]))
    for (const [name, one] of made) {
      const labelled = one as ValueWidget & { description?: string }
      if (!(one instanceof Fixed) && one.has('description') && labelled.description === '') {
        labelled.description = name
      }
    }
    const out = new Output()
    const button = manual ? new Button({ description: manualName }) : undefined
    const shown = widgets.filter((one) => one instanceof DOMWidget)
    super([...shown, ...(button ? [button] : []), out], { _dom_classes: ['widget-interact'] })
    this.#fn = fn
    this.#controls = made.map(([name, one]) => [name, one])
    this.out = out
    this.#button = button
    const update = () => this.update()
    if (!button) {
      for (const one of widgets) one.observe('value', update)
      this.update()
      return
    }
    button.onClick(update)
    for (const one of widgets) {
      if (!(one instanceof Text)) continue
      one.continuous_update = false
      one.onSubmit(update)
    }
  }

  /** What the controls say now. */
  get values(): Arguments<A> {
    return Object.fromEntries(
      this.#controls.map(([name, one]) => [name, (one as { value: unknown }).value]),
    ) as Arguments<A>
  }

  /** Calls the function with what the controls say; after the call that is running, if there is one. */
  update(): void {
    if (this.#running) {
      this.#again = true
      this.#running.abort(new DOMException('a control changed', 'AbortError'))
      return
    }
    const running = new AbortController()
    this.#running = running
    this.#again = false
    if (this.#button) this.#button.disabled = true
    const done = () => {
      this.#running = undefined
      if (this.#button) this.#button.disabled = false
      // Not at once: a function that changes its own controls would never let anything else run.
      if (this.#again) setImmediate(() => this.update())
    }
    const work = () => {
      const made = this.#fn(this.values, { signal: running.signal })
      return made instanceof Promise ? made.then(keep) : keep(made)
    }
    const keep = (result: unknown): void => {
      if (running.signal.aborted) return
      this.result = result
      if (result !== undefined && !(result instanceof DisplayHandle)) show(result, randomUUID())
    }
    try {
      const made = this.out.capture(work, { clear: true, until: running.signal }) as unknown
      // An error has been shown by the capture.
      if (made instanceof Promise) made.then(done, done)
      else done()
    } catch {
      done()
    }
  }
}

/**
 * Controls for the arguments of a function, not shown yet: `interactive(draw, { steps: [1, 50], seed: 7 })`.
 *
 * @param fn gets the values as one object; what it prints, displays and returns is shown below the controls
 * @param controls an abbreviation for each argument (`controlFor` says which there are)
 */
export function interactive<const A extends Controls>(
  fn: InteractiveFunction<A>,
  controls: A,
  options: InteractOptions = {},
): Interactive<A> {
  return new Interactive(fn, controls, options)
}

/** Where an interactive function is shown. */
export class Interaction<A extends Controls = Controls> extends DisplayHandle {
  readonly widget: Interactive<A>

  constructor(handle: DisplayHandle, widget: Interactive<A>) {
    super(handle.id, handle.update)
    this.widget = widget
  }
}

/** Shows controls for the arguments of a function, and its output below them, at once; see `interactive`. */
export function interact<const A extends Controls>(
  fn: InteractiveFunction<A>,
  controls: A,
  options: InteractOptions = {},
): Interaction<A> {
  const widget = interactive(fn, controls, options)
  return new Interaction(show(widget, randomUUID()), widget)
}
