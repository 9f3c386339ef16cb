// A widget: state shared with the page over a comm (widget messaging protocol 2.1.0, as ipywidgets 8 speaks
// it). Not the particular controls: those are in `generated.ts`, and what they do with their values in the
// modules it builds on. Without a page nothing is sent and everything else works the same.
import { isDeepStrictEqual } from 'node:util'
import { type Comm, type CommContent, comms } from '../comms.ts'
import { DISPLAY } from '../display/formatters.ts'
import { isRecord } from '../display/table.ts'
import type { MimeBundle } from '../outputs.ts'
import { splitBuffers } from './buffers.ts'
import { HasTraits, type WidgetOptions } from './has-traits.ts'
import { Listeners, report } from './listeners.ts'
import { type ModelState, registerModel } from './models.ts'
import { identity, type ModelSpec, readUpdate, type State, syncedNames } from './spec.ts'
import { markAsWidget, openWidgets, type WidgetLike } from './values.ts'

/** How a widget that the page created gets its comm. */
const existing = Symbol('comm')
const version = { version: '2.1.0' }

/** Handles a message of its own kind from the page. */
export type MessageHandler = (content: unknown, buffers: readonly Uint8Array[]) => unknown

export abstract class Widget<S extends object = object> extends HasTraits<S> implements WidgetLike {
  readonly #comm: Comm
  readonly #messages = new Listeners<[unknown, readonly Uint8Array[]]>()
  /** Names whose sending waits for the end of `hold`. */
  #held: Set<string> | undefined
  /** What the page has just said, so that it is not told again. */
  #said: State | undefined
  #open = true

  /**
   * Opens the widget in the page, after its layout and style. That shows nothing: display it.
   *
   * @throws SelmaError (bad-input) for a property it has not, or a value that the property cannot have
   */
  constructor(options: WidgetOptions<S> = {}) {
    super(options)
    const { state, buffer_paths, buffers } = splitBuffers(this.#full())
    const open = () => comms.open('jupyter.widget', { state, buffer_paths }, { metadata: version, buffers })
    this.#comm = (options as { [existing]?: Comm })[existing] ?? open()
    this.#comm.onMessage((message) => this.#receive(message))
    this.#comm.onClose(() => this.#closed())
    openWidgets.set(this.model_id, this)
  }

  /** Says of a class which model it is; called once for each class. */
  protected static define(cls: { prototype: object }, spec: ModelSpec): void {
    Object.defineProperty(cls, 'spec', { value: spec })
    for (const name of Object.keys(spec.traits)) Widget.property(cls.prototype, name)
    registerModel(spec, (comm, opening) => {
      const Class = cls as unknown as new (options: object) => Widget
      const widget = new Class({ [existing]: comm })
      widget.#receive({ ...opening, data: { ...opening.data, method: 'update' } })
      widget.sendState()
    })
  }

  /** Whether a page without a kernel has nothing to show of it (see `widgetState`). */
  get needsKernel(): boolean {
    return false
  }

  /** The id by which views and other widgets refer to it. */
  get model_id(): string {
    return this.#comm.id
  }

  /** Whether the page still knows it. */
  get open(): boolean {
    return this.#open
  }

  /** Sends what changes while `work` runs in one message, at its end; ipywidgets' `hold_sync`. */
  hold<T>(work: () => T): T {
    if (this.#held) return work()
    this.#held = new Set()
    try {
      return work()
    } finally {
      const names = [...this.#held]
      this.#held = undefined
      this.changed(names)
    }
  }

  /** Sends properties to the page, changed or not; by default all. */
  sendState(names?: readonly (keyof S & string)[]): void {
    this.#send('update', names ? this.json(names) : this.#full())
  }

  /** Sends a message of one's own to the widget's code in the page. */
  send(content: unknown, buffers: readonly Uint8Array[] = []): void {
    if (this.#open) this.#comm.send({ method: 'custom', content }, { buffers })
  }

  /** Calls a handler with each message of its own kind that the widget's code in the page sends. */
  onMessage(handler: MessageHandler): void {
    this.#messages.add(handler)
  }

  /** Takes back an `onMessage`. */
  offMessage(handler: MessageHandler): void {
    this.#messages.remove(handler)
  }

  /** Removes it from the page, with the layout and style it made for itself. Its values stay readable. */
  close(): void {
    if (!this.#open) return
    this.#comm.close()
    this.#closed()
  }

  /** Which model it is, and its state as it is sent, bytes left in. */
  modelState(): ModelState {
    const [model_module, model_module_version, model_name] = this.spec.model
    return { model_name, model_module, model_module_version, state: this.#full() }
  }

  [DISPLAY](): MimeBundle | Promise<MimeBundle> {
    return this.bundle()
  }

  /** Its text, and its view while it is open. */
  protected bundle(): MimeBundle {
    const plain = this.toString()
    const bundle: MimeBundle = { 'text/plain': plain.length > 110 ? `${plain.slice(0, 110)}…` : plain }
    if (this.spec.view[2] === null || !this.#open) return bundle
    const view = { version_major: 2, version_minor: 0, model_id: this.model_id }
    return { ...bundle, 'application/vnd.jupyter.widget-view+json': view }
  }

  /** Sends changed properties, but not to the page what the page has just said. */
  protected override changed(names: readonly string[]): void {
    const held = this.#held
    const synced = names.filter((name) => !this.spec.traits[name].local)
    if (held) for (const name of synced) held.add(name)
    else {
      const news = Object.entries(this.json(synced)).filter(([name, json]) => {
        if (!this.#said || !Object.hasOwn(this.#said, name)) return true
        const known = isDeepStrictEqual(this.#said[name], json)
        this.#said[name] = json
        return !known
      })
      if (news.length > 0) this.#send('update', Object.fromEntries(news))
    }
  }

  #full(): State {
    return { ...identity(this.spec), ...this.json(syncedNames(this.spec)) }
  }

  #send(method: 'update' | 'echo_update', values: State): void {
    if (!this.#open) return
    const { state, buffer_paths, buffers } = splitBuffers(values)
    this.#comm.send({ method, state, buffer_paths }, { buffers })
  }

  #closed(): void {
    this.#open = false
    openWidgets.delete(this.model_id)
    for (const part of this.parts) if (part instanceof Widget) part.close()
  }

  /** Whatever the page sends, this does not throw. */
  #receive({ data, buffers }: CommContent): void {
    try {
      if (data.method === 'request_state') this.sendState()
      else if (data.method === 'custom') this.#messages.emit([data.content, buffers])
      else if (data.method === 'update' && isRecord(data.state)) {
        this.#update(data as { state: State; buffer_paths?: unknown }, buffers)
      }
    } catch (error) {
      report(error)
    }
  }

  /** What the page may not have is answered with what it should have instead. */
  #update(data: { state: State; buffer_paths?: unknown }, buffers: readonly Uint8Array[]): void {
    const { values, raw, refused } = readUpdate(this.spec, data, buffers)
    let change: State = {}
    try {
      change = this.settled(values)
    } catch {
      refused.push(...Object.keys(values))
      for (const name of Object.keys(raw)) delete raw[name]
    }
    const echo = Object.entries(raw).filter(([name]) => this.spec.traits[name].echo !== false)
    if (echo.length > 0) this.#send('echo_update', Object.fromEntries(echo))
    this.#said = raw
    try {
      this.apply(change, report)
      // A corrected value that was there before is no change, but the page shows another.
      const off = Object.keys(raw).filter((name) => !isDeepStrictEqual(raw[name], this.json([name])[name]))
      this.#said = undefined
      if (refused.length + off.length > 0) this.#send('update', this.json([...refused, ...off]))
    } finally {
      this.#said = undefined
    }
  }
}

markAsWidget(Widget.prototype)
