// What the messages of all views share. A view's state (traits) is the kernel's to change; the page asks for
// changes with custom messages, each an object with `version` and `kind`, which the kernel checks before it acts.
import { z } from 'zod'

export const version = z.literal(1)

/** How long a text that somebody else chose may be on its way to the page, UTF-16 units. */
export const longestText = 2_000

/** Names one view of a model among several in the page, which all get the model's messages. */
export const viewId = z.string().regex(/^[\w-]{1,64}$/)

/** A view is there and wants what is not in the state. */
export const openMessage = z.strictObject({ version, kind: z.literal('open'), view: viewId })

/** Is the kernel's half there? Answered by `heard`, whatever the view. */
export const pingMessage = z.strictObject({ version, kind: z.literal('ping') })

/** Pictures to be sent, by their ids; they come one by one, in the order of asking. */
export const picturesMessage = z.strictObject({
  version,
  kind: z.literal('pictures'),
  ids: z.array(z.string().min(1).max(200)).min(1).max(200),
})

/** A picture's bytes, in the message's only buffer; none, and `missing` says why, when it cannot be read. */
export interface PictureAnswer {
  version: 1
  kind: 'picture'
  id: string
  mime: string
  missing?: string
}

/** Something went wrong; the view shows it. */
export interface ErrorAnswer {
  version: 1
  kind: 'error'
  message: string
  hint?: string
}

/** To `ping`. */
export interface HeardAnswer {
  version: 1
  kind: 'heard'
}

/** What every kernel may answer. */
export type CommonAnswer = PictureAnswer | ErrorAnswer | HeardAnswer
export type OpenMessage = z.output<typeof openMessage>
export type PicturesMessage = z.output<typeof picturesMessage>
