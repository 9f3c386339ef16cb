// The kernel's half of a view: an AnyWidget whose properties the page can only read, whose incoming messages are
// checked by a schema before anything happens, and which has a picture of itself for places without widgets.
// Not a particular view: those are beside it, their page code is in plugins/views.
import type { z } from 'zod'
import { SelmaError } from '../../../lib/base/errors.ts'
import { type CommonAnswer, pingMessage } from '../../../lib/messages/views/common.ts'
import { DISPLAY } from '../../display/formatters.ts'
import type { MimeBundle } from '../../outputs.ts'
import { AnyWidget } from '../anywidget.ts'
import type { DOMWidget } from '../dom-widget.ts'
import type { DOMState } from '../generated.ts'
import type { ModelSpec, State } from '../spec.ts'
import { fixed } from '../traits.ts'
import { viewAssets } from './assets.ts'
import { brief } from './brief.ts'

/** A property for each entry of the state is made by AnyWidget; a generic class cannot inherit them by type. */
const Base = AnyWidget as unknown as new (options: object) => DOMWidget<DOMState>

/** The largest message of JSON that a page may send, as text; more is refused unread. */
const longestMessage = 100_000

export interface ViewOptions<S extends object, In> {
  /** Its folder in plugins/views. */
  name: string
  /** What the page may send. */
  messages: z.ZodType<In>
  /** The state at the start. */
  state: S
}

export abstract class View<
  S extends object = object,
  In extends object = object,
  Out extends { kind: string } = CommonAnswer,
> extends Base {
  constructor({ name, messages, state }: ViewOptions<S, In>) {
    super({ ...viewAssets(name), ...state })
    this.onMessage(async (content, buffers) => {
      if (pingMessage.safeParse(content).success) return this.tell({ version: 1, kind: 'heard' })
      try {
        const checked = messages.safeParse(content)
        if (!checked.success || JSON.stringify(content).length > longestMessage) {
          const issue = checked.error?.issues[0]
          const where = issue ? [issue.path.join('.'), issue.message].filter(Boolean).join(': ') : 'too long'
          throw new SelmaError('bad-input', `the page sent what this view does not understand: ${where}`)
        }
        await this.receive(checked.data, buffers)
      } catch (error) {
        this.complain(error)
      }
    })
  }

  override get needsKernel(): boolean {
    return true
  }

  /** Does what the page asks; what it throws is shown in the page. */
  protected abstract receive(message: In, buffers: readonly Uint8Array[]): unknown

  /** What it shows, in one or a few lines. */
  abstract override toString(): string

  /** PNG of what it shows, for places without widgets; undefined when there is nothing to draw. */
  protected abstract picture(): Promise<Uint8Array | undefined>

  /** Changes the state that the page sees. */
  protected share(values: Partial<S>): void {
    this.set(values as never)
  }

  /** Sends a message to all views of this model. */
  protected tell(message: Out | CommonAnswer, buffers: readonly Uint8Array[] = []): void {
    this.send(message, buffers)
  }

  /** Shows in the page what went wrong. */
  protected complain(error: unknown): void {
    const message = brief(error instanceof Error ? error.message : String(error), 500)
    const hint = error instanceof SelmaError ? error.hint : undefined
    this.tell({ version: 1, kind: 'error', message, ...(hint ? { hint: brief(hint, 500) } : {}) })
  }

  /** Properties are for the page to read. */
  protected override specify(spec: ModelSpec, options: State): ModelSpec {
    const { traits } = super.specify(spec, options)
    const own = Object.keys(traits).filter((name) => !Object.hasOwn(spec.traits, name))
    const locked = Object.fromEntries(own.map((name) => [name, fixed(traits[name])]))
    return { ...spec, traits: { ...traits, ...locked } }
  }

  override async [DISPLAY](): Promise<MimeBundle> {
    const png = await this.picture().catch(() => undefined)
    return { ...this.bundle(), 'text/plain': this.toString(), ...(png ? { 'image/png': png } : {}) }
  }
}
