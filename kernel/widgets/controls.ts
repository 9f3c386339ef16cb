// What some controls can do beside holding a value: being clicked, submitted, focused, loaded from a file.
import { readFile } from 'node:fs/promises'
import { extname } from 'node:path'
import { fail } from '../../lib/base/errors.ts'
import { isRecord } from '../display/table.ts'
import { bytesOf } from './buffers.ts'
import { DOMWidget, type HasClasses } from './dom-widget.ts'
import type { WidgetOptions } from './has-traits.ts'
import { Listeners } from './listeners.ts'
import type { Trait } from './traits.ts'
import { Widget } from './widget.ts'

/** Calls handlers when the page says that something happened to it. */
abstract class Eventful<S extends HasClasses> extends DOMWidget<S> {
  protected readonly events = new Listeners<[this]>()

  constructor(event: string, options: WidgetOptions<S>) {
    super(options)
    this.onMessage((content) => {
      if (isRecord(content) && content.event === event) this.events.emit([this])
    })
  }
}

export abstract class ButtonBase<S extends HasClasses & { icon: string }> extends Eventful<S> {
  constructor(options: WidgetOptions<S> = {}) {
    super('click', options)
  }

  onClick(handler: (button: this) => unknown): void {
    this.events.add(handler)
  }

  offClick(handler: (button: this) => unknown): void {
    this.events.remove(handler)
  }

  /** Does as if it had been clicked. */
  click(): void {
    this.events.emit([this])
  }

  protected override settle(change: Partial<S>): Partial<S> {
    return change.icon?.includes('fa-') ? { ...change, icon: change.icon.replaceAll('fa-', '') } : change
  }
}

export abstract class TextBase<S extends HasClasses> extends Eventful<S> {
  constructor(options: WidgetOptions<S> = {}) {
    super('submit', options)
  }

  /** Calls a handler when Enter is pressed. */
  onSubmit(handler: (text: this) => unknown): void {
    this.events.add(handler)
  }

  offSubmit(handler: (text: this) => unknown): void {
    this.events.remove(handler)
  }
}

/** Pictures, sound and film: bytes and their format. */
export abstract class MediaBase<S extends HasClasses> extends DOMWidget<S> {
  /** Loads a file; its format is told by its extension, unless the options name it. */
  static async fromFile<W>(this: new (options: never) => W, path: string, options: object = {}): Promise<W> {
    const value = await readFile(path).catch((cause) =>
      fail('not-found', `cannot read ${path}`, undefined, cause),
    )
    const named = extname(path).slice(1).toLowerCase()
    return new this({ ...(named ? { format: named } : {}), ...options, value } as never)
  }
}

/** A CSS box; `border` stands for its four sides. */
export abstract class LayoutBase<
  S extends Record<`border_${'top' | 'right' | 'bottom' | 'left'}`, string | null> & {
    border: string | null
  },
> extends Widget<S> {
  protected override settle(change: Partial<S>, now: Readonly<S>): Partial<S> {
    const { border } = change
    const all =
      border === undefined
        ? {}
        : { border_top: border, border_right: border, border_bottom: border, border_left: border }
    const { border_top: top, border_right, border_bottom, border_left } = { ...now, ...all, ...change }
    const equal = [border_right, border_bottom, border_left].every((one) => one === top)
    return { ...all, ...change, border: equal ? top : null }
  }
}

/** A file that was uploaded. */
export interface UploadedFile {
  readonly name: string
  /** Its MIME type. */
  readonly type: string
  /** In bytes. */
  readonly size: number
  readonly content: Uint8Array
  readonly last_modified: Date
}

/** An uploaded file; times travel as milliseconds. */
export const file = (): Trait => ({
  expects: 'uploaded files',
  initial: () => null,
  parse(value) {
    if (!isRecord(value)) return undefined
    const { name, type, size, last_modified } = value
    const content = bytesOf(value.content)
    if (typeof name !== 'string' || typeof type !== 'string' || !Number.isFinite(size) || !content)
      return undefined
    if (!(last_modified instanceof Date) || Number.isNaN(last_modified.getTime())) return undefined
    return Object.freeze({ name, type, size, content, last_modified })
  },
  fromPage: (json) =>
    isRecord(json) && typeof json.last_modified === 'number'
      ? { ...json, last_modified: new Date(json.last_modified) }
      : undefined,
  toPage: (value) => ({
    ...(value as object),
    last_modified: (value as UploadedFile).last_modified.getTime(),
  }),
})
