// Stands where the page is: writes down what is sent to it, and sends what a page would.
import { comms } from '../../../kernel/comms.ts'

export interface Sent {
  type: string
  id: string
  target?: string
  // biome-ignore lint/suspicious/noExplicitAny: tests look into it as they please
  data: Record<string, any>
  metadata?: Record<string, unknown>
  /** base64 */
  buffers?: string[]
}

/** Everything sent to the page since it was opened, as JSON would carry it. */
export function openPage() {
  const sent: Sent[] = []
  comms.transport = (type, content, { metadata, buffers }) => {
    sent.push({
      type,
      id: content.comm_id,
      ...(content.target_name ? { target: content.target_name } : {}),
      data: JSON.parse(JSON.stringify(content.data)),
      ...(Object.keys(metadata).length > 0 ? { metadata } : {}),
      ...(buffers.length > 0 ? { buffers: buffers.map((one) => Buffer.from(one).toString('base64')) } : {}),
    })
  }
  return {
    sent,
    /** What was sent since the last call. */
    news: () => sent.splice(0),
    close: () => {
      comms.transport = undefined
    },
  }
}

interface HasId {
  model_id: string
}

/** What the page sends to a widget. */
export function say(
  widget: HasId,
  data: Record<string, unknown>,
  buffers: readonly Uint8Array[] = [],
): unknown[] {
  return comms.get(widget.model_id)?.receive('message', { data, metadata: {}, buffers }) ?? []
}

/** The page changed some properties. */
export function update(
  widget: HasId,
  state: Record<string, unknown>,
  paths: unknown = [],
  buffers: readonly Uint8Array[] = [],
): unknown[] {
  return say(widget, { method: 'update', state, buffer_paths: paths }, buffers)
}
