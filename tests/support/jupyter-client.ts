// A small Jupyter client that starts a kernel process and talks to it over ZeroMQ, with its own idea of the wire
// format: nothing of kernel/wire is used here.
import { type ChildProcess, spawn } from 'node:child_process'
import { createHmac, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Dealer, Request as Req, Subscriber } from 'zeromq'
import { freePorts } from './free-ports.ts'
import type { ClientMessage, Content, Execution, KernelOptions } from './jupyter-messages.ts'

export type { ClientMessage, Content, Execution, KernelOptions } from './jupyter-messages.ts'

type RequestChannel = 'shell' | 'control'

const entry = fileURLToPath(new URL('../../kernel/bin/kernel.mjs', import.meta.url))
const bareEntry = fileURLToPath(new URL('./bare-kernel.mjs', import.meta.url))
/** The Node that kernels run on. */
export const kernelNode = process.env.SELMA_KERNEL_NODE || process.execPath

/** Starts a kernel and connects to it. */
export async function startKernel({
  node = kernelNode,
  cwd,
  bare,
  env,
}: KernelOptions = {}): Promise<KernelClient> {
  const folder = mkdtempSync(join(tmpdir(), 'selma-kernel-'))
  const [shell_port, iopub_port, stdin_port, control_port, hb_port] = await freePorts(5)
  const ports = { shell_port, iopub_port, stdin_port, control_port, hb_port }
  const key = randomUUID()
  const file = join(folder, 'connection.json')
  const settings = { transport: 'tcp', ip: '127.0.0.1', signature_scheme: 'hmac-sha256', key, ...ports }
  writeFileSync(file, JSON.stringify(settings))
  const child = spawn(node, ['--no-force-async-hooks-checks', bare ? bareEntry : entry, file], {
    cwd: cwd ?? folder,
    env: { ...process.env, SELMA_HOME: folder, JPY_PARENT_PID: String(process.pid), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const client = new KernelClient(child, folder, key, ports)
  await client.ready()
  return client
}

export class KernelClient {
  readonly child: ChildProcess
  readonly folder: string
  readonly session = randomUUID()
  /** Everything that came, in order for each channel. */
  readonly received: ClientMessage[] = []
  /** What the process wrote to its real stderr. */
  log = ''
  readonly #key: string
  readonly #sockets: Record<'shell' | 'control' | 'stdin', Dealer>
  readonly #iopub = new Subscriber({ receiveHighWaterMark: 0, linger: 0 })
  readonly #hb = new Req({ linger: 0 })
  readonly #listeners = new Set<() => void>()
  readonly exited: Promise<{ code: number | null; signal: string | null }>

  constructor(child: ChildProcess, folder: string, key: string, ports: Record<string, number>) {
    this.child = child
    this.folder = folder
    this.#key = key
    const dealer = (port: number) => {
      const socket = new Dealer({ routingId: this.session, linger: 0 })
      socket.connect(`tcp://127.0.0.1:${port}`)
      return socket
    }
    const { shell_port, control_port, stdin_port, iopub_port, hb_port } = ports
    this.#sockets = { shell: dealer(shell_port), control: dealer(control_port), stdin: dealer(stdin_port) }
    this.#iopub.connect(`tcp://127.0.0.1:${iopub_port}`)
    this.#iopub.subscribe()
    this.#hb.connect(`tcp://127.0.0.1:${hb_port}`)
    for (const [name, socket] of Object.entries({ ...this.#sockets, iopub: this.#iopub }))
      void this.#listen(name, socket)
    child.stderr?.setEncoding('utf8').on('data', (text) => {
      this.log += text
    })
    this.exited = once(child, 'exit').then(([code, signal]) => {
      this.#changed()
      return { code, signal }
    })
  }

  async #listen(channel: string, socket: Dealer | Subscriber): Promise<void> {
    for await (const frames of socket) {
      const at = frames.findIndex((one) => one.toString() === '<IDS|MSG>')
      const [signature, ...rest] = frames.slice(at + 1)
      const dictionaries = rest.slice(0, 4)
      if (signature.toString() !== this.#sign(dictionaries)) throw new Error('the kernel signs wrongly')
      const [header, parent, metadata, content] = dictionaries.map((one) => JSON.parse(one.toString()))
      this.received.push({ channel, header, parent, metadata, content, buffers: rest.slice(4) })
      this.#changed()
    }
  }

  #sign(parts: readonly Buffer[]): string {
    const hmac = createHmac('sha256', this.#key)
    for (const part of parts) hmac.update(part)
    return hmac.digest('hex')
  }

  #changed(): void {
    for (const one of [...this.#listeners]) one()
  }

  /** Frames of a message, rightly signed. */
  frames(
    type: string,
    content: Content,
    { parent = {}, id = randomUUID() as string, metadata = {} } = {},
  ): Buffer[] {
    const date = new Date().toISOString()
    const header = {
      msg_id: id,
      msg_type: type,
      session: this.session,
      username: 'test',
      date,
      version: '5.4',
    }
    const parts = [header, parent, metadata, content].map((one) => Buffer.from(JSON.stringify(one)))
    return [Buffer.from('<IDS|MSG>'), Buffer.from(this.#sign(parts)), ...parts]
  }

  /** Sends frames as they are. */
  async sendFrames(channel: RequestChannel | 'stdin', frames: readonly Uint8Array[]): Promise<void> {
    await this.#sockets[channel].send(frames as Uint8Array[])
  }

  /** Sends a message. @returns its id */
  send(
    type: string,
    content: Content,
    { channel = 'shell', buffers = [], ...rest }: SendOptions = {},
  ): string {
    const id = randomUUID()
    const frames = [...this.frames(type, content, { ...rest, id }), ...buffers]
    this.#sendChain = this.#sendChain.then(() => this.sendFrames(channel, frames))
    return id
  }
  #sendChain: Promise<void> = Promise.resolve()

  /** The first message that fits, waiting for it if need be. */
  async waitFor(
    test: (message: ClientMessage) => boolean,
    what = 'a message',
    ms = 30_000,
  ): Promise<ClientMessage> {
    let from = 0
    const look = () => {
      for (; from < this.received.length; from++) if (test(this.received[from])) return this.received[from]
      return undefined
    }
    const found = look()
    if (found) return found
    return new Promise((resolve, reject) => {
      const finish = (end: () => void) => {
        clearTimeout(timer)
        this.#listeners.delete(check)
        end()
      }
      const timer = setTimeout(() => {
        const last = this.received.slice(-5).map((one) => `${one.channel} ${one.header.msg_type}`)
        finish(() =>
          reject(
            new Error(`waited ${ms} ms for ${what}; last came: ${last.join(', ')}\n${this.log.slice(-800)}`),
          ),
        )
      }, ms)
      const check = () => {
        const one = look()
        if (one) finish(() => resolve(one))
        else if (this.child.exitCode !== null || this.child.signalCode !== null)
          finish(() =>
            reject(new Error(`the kernel ended while waiting for ${what}\n${this.log.slice(-800)}`)),
          )
      }
      this.#listeners.add(check)
    })
  }

  reply(id: string, ms?: number): Promise<ClientMessage> {
    const isReply = (one: ClientMessage) =>
      one.parent.msg_id === id && (one.channel === 'shell' || one.channel === 'control')
    return this.waitFor(isReply, 'a reply', ms)
  }

  idle(id: string, ms?: number): Promise<ClientMessage> {
    const isIdle = (one: ClientMessage) =>
      one.parent.msg_id === id && one.header.msg_type === 'status' && one.content.execution_state === 'idle'
    return this.waitFor(isIdle, 'idle', ms)
  }

  /** What came on IOPub for a request. */
  published(id: string): ClientMessage[] {
    return this.received.filter((one) => one.channel === 'iopub' && one.parent.msg_id === id)
  }

  /** Sends a request and waits for its reply and for idle. @returns the reply */
  async request(
    type: string,
    content: Content = {},
    options: SendOptions = {},
    ms?: number,
  ): Promise<ClientMessage> {
    const id = this.send(type, content, options)
    const [reply] = await Promise.all([this.reply(id, ms), this.idle(id, ms)])
    return reply
  }

  /** Starts to execute a cell. @returns the id of the request */
  begin(code: string, content: Content = {}): string {
    const defaults = { silent: false, store_history: true, user_expressions: {}, allow_stdin: false }
    return this.send('execute_request', { code, ...defaults, stop_on_error: true, ...content })
  }

  /** What became of an execution. */
  async end(id: string, ms?: number): Promise<Execution> {
    const [reply] = await Promise.all([this.reply(id, ms), this.idle(id, ms)])
    const outputs = this.published(id).filter((one) => one.header.msg_type !== 'status')
    const shown = outputs.find((one) => one.header.msg_type === 'execute_result')
    return {
      id,
      reply: reply.content,
      outputs,
      text: (name = 'stdout') =>
        outputs.map((one) => (one.content.name === name ? one.content.text : '')).join(''),
      result: shown?.content.data['text/plain'],
    }
  }

  execute(code: string, content: Content = {}, ms?: number): Promise<Execution> {
    return this.end(this.begin(code, content), ms)
  }

  /** Waits until text of a cell has been printed. */
  printed(id: string, text: string, ms?: number): Promise<ClientMessage> {
    const has = (one: ClientMessage) =>
      one.parent.msg_id === id && one.header.msg_type === 'stream' && one.content.text.includes(text)
    return this.waitFor(has, JSON.stringify(text), ms)
  }

  /** Waits until the kernel answers and IOPub is connected. */
  async ready(): Promise<void> {
    for (;;) {
      const id = this.send('kernel_info_request', {})
      await this.reply(id)
      if (await this.idle(id, 300).catch(() => undefined)) return
    }
  }

  /** Sends bytes to the heartbeat. @returns what came back, and how long that took in ms */
  async heartbeat(bytes = Buffer.from('ping')): Promise<{ echo: Buffer; ms: number }> {
    const start = performance.now()
    await this.#hb.send(bytes)
    const [echo] = await this.#hb.receive()
    return { echo, ms: performance.now() - start }
  }

  /** Asks the kernel to end. */
  async shutdown(
    restart = false,
  ): Promise<{ reply: ClientMessage; code: number | null; signal: string | null }> {
    const id = this.send('shutdown_request', { restart }, { channel: 'control' })
    const [reply, end] = await Promise.all([this.reply(id), this.exited])
    this.close()
    return { reply, ...end }
  }

  /** Ends everything, whatever state it is in. */
  close(): void {
    this.child.kill('SIGKILL')
    for (const socket of [...Object.values(this.#sockets), this.#iopub, this.#hb]) socket.close()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

export interface SendOptions {
  channel?: RequestChannel | 'stdin'
  buffers?: readonly Uint8Array[]
  parent?: Content
  metadata?: Content
}
