// Comms: named, two-way channels between cells and the page, as Jupyter's comm_open, comm_msg and comm_close
// carry them. Not the widgets built on them, and not the sockets: whoever talks to the page installs a
// transport; without one (a notebook run headless) nothing is sent and everything else works the same.
import { randomUUID } from 'node:crypto'

export interface CommContent {
  data: Record<string, unknown>
  metadata: Record<string, unknown>
  buffers: readonly Uint8Array[]
}

/** Carries a comm message to the page; called synchronously, in order. */
export type CommTransport = (
  type: 'comm_open' | 'comm_msg' | 'comm_close',
  content: { comm_id: string; target_name?: string; data: Record<string, unknown> },
  extra: { metadata: Record<string, unknown>; buffers: readonly Uint8Array[] },
) => void

export type CommListener = (message: CommContent) => void
/** Gets a comm that the page opened. */
export type CommTarget = (comm: Comm, opening: CommContent) => void

/** One channel. Listeners run in the order they were added; one that throws does not stop the others. */
export class Comm {
  readonly id: string
  readonly target: string
  readonly #comms: Comms
  readonly #messages = new Set<CommListener>()
  readonly #closings = new Set<CommListener>()

  constructor(comms: Comms, target: string, id: string) {
    this.#comms = comms
    this.target = target
    this.id = id
  }

  send(
    data: Record<string, unknown>,
    { metadata = {}, buffers = [] }: Partial<Omit<CommContent, 'data'>> = {},
  ): void {
    this.#comms.transport?.('comm_msg', { comm_id: this.id, data }, { metadata, buffers })
  }

  /** Closes it on both sides; doing so again does nothing. */
  close(data: Record<string, unknown> = {}): void {
    if (!this.#comms.drop(this.id)) return
    this.#comms.transport?.('comm_close', { comm_id: this.id, data }, { metadata: {}, buffers: [] })
  }

  /** @returns how to stop listening */
  onMessage(listener: CommListener): () => void {
    this.#messages.add(listener)
    return () => this.#messages.delete(listener)
  }

  /** Called when the page closes it. @returns how to stop listening */
  onClose(listener: CommListener): () => void {
    this.#closings.add(listener)
    return () => this.#closings.delete(listener)
  }

  /** For the message loop. @returns what the listeners threw */
  receive(kind: 'message' | 'close', message: CommContent): unknown[] {
    const thrown: unknown[] = []
    for (const listener of [...(kind === 'message' ? this.#messages : this.#closings)]) {
      try {
        listener(message)
      } catch (error) {
        thrown.push(error)
      }
    }
    return thrown
  }
}

/** All comms of a process. */
export class Comms {
  transport: CommTransport | undefined
  readonly #open = new Map<string, Comm>()
  readonly #targets = new Map<string, CommTarget>()

  /** Opens a comm to the page. */
  open(
    target: string,
    data: Record<string, unknown> = {},
    {
      id = randomUUID(),
      metadata = {},
      buffers = [],
    }: Partial<Omit<CommContent, 'data'>> & { id?: string } = {},
  ): Comm {
    const comm = new Comm(this, target, id)
    this.#open.set(id, comm)
    this.transport?.('comm_open', { comm_id: id, target_name: target, data }, { metadata, buffers })
    return comm
  }

  /** Who answers when the page opens a comm of that name. @returns how to take it back */
  registerTarget(name: string, handler: CommTarget): () => void {
    this.#targets.set(name, handler)
    return () => this.#targets.delete(name)
  }

  /** The open comms, as `comm_info_reply` lists them. */
  list(target?: string): Record<string, { target_name: string }> {
    const all = [...this.#open.values()].filter((one) => target === undefined || one.target === target)
    return Object.fromEntries(all.map((one) => [one.id, { target_name: one.target }]))
  }

  get(id: string): Comm | undefined {
    return this.#open.get(id)
  }

  /** For the message loop: the page opened a comm. @returns false when nobody knows the target */
  accept(target: string, id: string, opening: CommContent): boolean {
    const handler = this.#targets.get(target)
    if (!handler) return false
    const comm = new Comm(this, target, id)
    this.#open.set(id, comm)
    handler(comm, opening)
    return true
  }

  /** Takes a comm off the list. @returns whether it was there */
  drop(id: string): boolean {
    return this.#open.delete(id)
  }
}

/** The comms of this process. */
export const comms = new Comms()
