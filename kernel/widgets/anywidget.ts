// AnyWidget: a widget whose page side is an ES module given as text. Same protocol and models as Python's
// anywidget 0.11, so JupyterLab, VS Code and Colab render it with the front end they have for that.
import { existsSync, readFileSync } from 'node:fs'
import { extname } from 'node:path'
import { fail } from '../../lib/base/errors.ts'
import { sha256 } from '../../lib/base/files.ts'
import { isRecord } from '../display/table.ts'
import { DOMWidget } from './dom-widget.ts'
import { type DOMState, domTraits } from './generated.ts'
import type { WidgetOptions } from './has-traits.ts'
import { report } from './listeners.ts'
import type { ModelSpec, State } from './spec.ts'
import { any, fixed, type Trait, text } from './traits.ts'

/** Answers `invoke` of the page's module: what it asks with, and what comes back, each with buffers. */
export type Command = (
  message: unknown,
  buffers: readonly Uint8Array[],
) => CommandReply | Promise<CommandReply>
export type CommandReply = readonly [response: unknown, buffers?: readonly Uint8Array[]]

/** Options that are no state of the widget's own. */
export interface AnyWidgetOptions extends WidgetOptions<DOMState> {
  /** An ES module whose default export has `render({ model, el })`: its text, a file, or a URL to load it from. */
  esm: string | URL
  /** Style sheet: its text, a file, or a URL. */
  css?: string | URL
  /** Widgets with the same id and another `esm` replace each other's code in the page; made from it by default. */
  id?: string
  /** What the page's `invoke(name, message, { buffers })` of anywidget's experimental API calls. */
  commands?: Readonly<Record<string, Command>>
}

/** The text of a module or style sheet. A URL that is no file is left for the page to load. */
function source(given: string | URL, what: string): string {
  const isFile = given instanceof URL ? given.protocol === 'file:' : looksLikeFile(given)
  if (!isFile) return String(given)
  try {
    return readFileSync(given, 'utf8')
  } catch (cause) {
    return fail('not-found', `cannot read ${what} from ${given}`, undefined, cause)
  }
}

const looksLikeFile = (given: string) =>
  !given.includes('\n') && /^\.([cm]?js|css)$/.test(extname(given)) && existsSync(given)

const implementation = class AnyWidget extends DOMWidget<DOMState> {
  static {
    AnyWidget.define(AnyWidget, {
      model: ['anywidget', '~0.11.*', 'AnyModel'],
      view: ['anywidget', '~0.11.*', 'AnyView'],
      traits: { ...domTraits, _esm: fixed(text('')), _anywidget_id: fixed(text('')) },
    })
  }

  constructor({ esm, css, id, commands, ...state }: AnyWidgetOptions) {
    const _esm = source(esm, 'the module')
    const style = css === undefined ? {} : { _css: source(css, 'the style sheet') }
    const _anywidget_id = id ?? `selma.${sha256(_esm).slice(0, 12)}`
    super({ ...state, ...style, _esm, _anywidget_id } as object)
    if (commands) this.onMessage((content, buffers) => this.#answer(commands, content, buffers))
  }

  /** Every property of the options is one of the widget. */
  protected override specify(spec: ModelSpec, options: State): ModelSpec {
    const own = Object.keys(options).filter((name) => !Object.hasOwn(spec.traits, name) && name !== '_css')
    for (const name of own) {
      if (name in this) fail('bad-input', `an AnyWidget cannot have a property '${name}': it has its own`)
      AnyWidget.property(this, name)
    }
    const style: Record<string, Trait> = options._css === undefined ? {} : { _css: fixed(text('')) }
    const added = Object.fromEntries(own.map((name) => [name, any()]))
    return { ...spec, traits: { ...spec.traits, ...style, ...added } }
  }

  #answer(commands: Commands, content: unknown, buffers: readonly Uint8Array[]): void {
    if (!isRecord(content) || content.kind !== 'anywidget-command') return
    const { id, name, msg } = content
    const reply = ([response, bytes]: CommandReply) =>
      this.send({ id, kind: 'anywidget-command-response', response }, bytes)
    try {
      if (typeof name !== 'string' || !Object.hasOwn(commands, name)) {
        fail(
          'bad-input',
          `the page invoked '${name}'`,
          `there is ${Object.keys(commands).join(', ') || 'no command'}`,
        )
      }
      const made = commands[name](msg, buffers)
      if (made instanceof Promise) made.then(reply).catch(report)
      else reply(made)
    } catch (error) {
      report(error)
    }
  }
}

type Commands = NonNullable<AnyWidgetOptions['commands']>

/** A widget with a property for each entry of its state. */
export type AnyWidget<S extends object = object> = DOMWidget<DOMState & S> & DOMState & S

/**
 * `new AnyWidget({ esm, css, count: 0 })` is a widget with a property `count`, shared with the module in the
 * page; values are JSON, bytes (which arrive there as `DataView`s) and other widgets.
 *
 * @throws SelmaError (bad-input) for a value that cannot be sent, or a property whose name is taken
 */
export const AnyWidget = implementation as unknown as {
  new <S extends object>(options: AnyWidgetOptions & S): AnyWidget<Omit<S, keyof AnyWidgetOptions>>
}
