// The five ZeroMQ sockets of a kernel. Frames in, frames out; what is in them is not looked at.
import { Publisher, Router } from 'zeromq'
import type { Channel, Connection } from '../wire/connection-file.ts'

export interface Sockets {
  /** Queues a message; messages of one channel leave in this order. */
  send(channel: Exclude<Channel, 'hb'>, frames: readonly Uint8Array[]): void
  /** Sends what is queued, then closes. */
  close(): Promise<void>
}

/** Sends one message after another: a ZeroMQ socket refuses overlapping sends. */
class Outbox {
  readonly #socket: Publisher | Router
  readonly #queue: (readonly Uint8Array[])[] = []
  #sending: Promise<void> | undefined

  constructor(socket: Publisher | Router) {
    this.#socket = socket
  }

  push(frames: readonly Uint8Array[]): void {
    this.#queue.push(frames)
    this.#sending ??= this.#drain()
  }

  async #drain(): Promise<void> {
    for (let frames = this.#queue.shift(); frames; frames = this.#queue.shift()) {
      // A client that has gone is nobody's error.
      await this.#socket.send(frames as Uint8Array[]).catch(() => {})
    }
    this.#sending = undefined
  }

  async empty(): Promise<void> {
    await this.#sending
  }
}

/**
 * Binds the sockets.
 *
 * @param receive gets the frames of a message with its channel
 * @throws when an address is taken
 */
export async function openSockets(
  { endpoints }: Connection,
  receive: (channel: 'shell' | 'control' | 'stdin', frames: Uint8Array[]) => void,
): Promise<Sockets> {
  // Without a limit on the queue: at 1000 messages a publisher starts to throw messages away.
  const common = { linger: 1000, sendHighWaterMark: 0, ipv6: endpoints.shell.includes('[') }
  const router = () => new Router({ ...common, handover: true })
  const sockets = {
    shell: router(),
    control: router(),
    stdin: router(),
    hb: router(),
    iopub: new Publisher(common),
  }
  const all = Object.entries(sockets) as [Channel, Publisher | Router][]
  const outboxes = Object.fromEntries(all.map(([name, socket]) => [name, new Outbox(socket)]))
  await Promise.all(all.map(([name, socket]) => socket.bind(endpoints[name])))

  const listen = async (socket: Router, take: (frames: Uint8Array[]) => void) => {
    try {
      for await (const frames of socket) take(frames)
    } catch (error) {
      // A receive that is under way when its socket is closed may fail.
      if (!socket.closed) throw error
    }
  }
  void listen(sockets.hb, (frames) => outboxes.hb.push(frames))
  for (const name of ['shell', 'control', 'stdin'] as const)
    void listen(sockets[name], (frames) => receive(name, frames))

  return {
    send: (channel, frames) => outboxes[channel].push(frames),
    async close() {
      await Promise.all(Object.values(outboxes).map((one) => one.empty()))
      for (const [, socket] of all) socket.close()
    },
  }
}
