// ONNX Runtime in a process of its own, for interactive callers: `run()` blocks and cannot be
// cancelled, and a native crash takes its process along. Here it takes a child, is reported as an
// error, and the next call starts a new one. Jobs need none of this: they are processes already.
import { type ChildProcess, fork } from 'node:child_process'
import { type ErrorCode, fail, SelmaError } from '../base/errors.ts'
import { nodeArguments, ownModule } from '../base/own-file.ts'
import type { Program } from './compile.ts'
import type { Feeds, Session, SessionOptions } from './session.ts'

/** What is asked of the engine's process. */
export type EngineRequest = { call: number } & (
  | { kind: 'open'; session: number; program: Program; options: SessionOptions }
  | { kind: 'run'; session: number; feeds: Feeds; outputs?: readonly string[] }
  | { kind: 'set'; session: number; name: string; value: Float32Array }
  | { kind: 'get'; session: number; name: string }
  | { kind: 'release'; session: number }
)

/** What it answers. */
export type EngineReply = { call: number } & (
  | { value: unknown }
  | { error: { code: ErrorCode; message: string; hint?: string } }
)

interface Waiting {
  resolve: (value: unknown) => void
  reject: (error: Error) => void
}

type Request = EngineRequest extends infer Each ? (Each extends unknown ? Omit<Each, 'call'> : never) : never

/** One child process with its warm sessions. */
export class Engine {
  #child: ChildProcess | undefined
  #stderr = ''
  #calls = 0
  #sessions = 0
  readonly #open = new Set<number>()
  readonly #waiting = new Map<number, Waiting>()

  #start(): ChildProcess {
    if (this.#child) return this.#child
    const entry = ownModule('./engine-process.ts', import.meta.url)
    const child = fork(entry, [], {
      serialization: 'advanced',
      execArgv: nodeArguments(entry).slice(0, -1),
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    this.#child = child
    this.#stderr = ''
    child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString()).slice(-2000)
    })
    child.on('message', (message) => {
      const reply = message as EngineReply
      const waiting = this.#waiting.get(reply.call)
      this.#waiting.delete(reply.call)
      if ('error' in reply)
        waiting?.reject(new SelmaError(reply.error.code, reply.error.message, { hint: reply.error.hint }))
      else waiting?.resolve(reply.value)
      this.#rest()
    })
    child.on('error', (error) => {
      if (this.#child !== child) return
      this.#fail(
        new SelmaError('engine', `the ONNX Runtime process cannot be started: ${error.message}`, {
          hint: 'too many processes, or too little memory?',
          cause: error,
        }),
      )
    })
    child.on('exit', (code, signal) => {
      if (this.#child !== child) return
      const last = this.#stderr.trim().split('\n').pop() ?? ''
      this.#fail(
        new SelmaError(
          'engine',
          `the ONNX Runtime process ended (${signal ?? `exit code ${code}`})${last ? `: ${last}` : ''}`,
          { hint: 'run the cell again; a new process starts by itself' },
        ),
      )
    })
    this.#rest()
    return child
  }

  /** An idle engine does not keep its parent alive. */
  #rest(): void {
    const child = this.#child
    if (!child) return
    if (this.#waiting.size > 0) child.ref()
    else child.unref()
    const channel = child.channel as { ref(): void; unref(): void } | null | undefined
    if (this.#waiting.size > 0) channel?.ref()
    else channel?.unref()
    const pipe = child.stderr as unknown as { unref?(): void } | null
    pipe?.unref?.()
  }

  #fail(error: Error): void {
    this.#child = undefined
    const waiting = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const { reject } of waiting) reject(error)
  }

  #ask(request: Request): Promise<unknown> {
    const child = this.#start()
    const call = this.#calls++
    return new Promise((resolve, reject) => {
      this.#waiting.set(call, { resolve, reject })
      this.#rest()
      child.send({ ...request, call } as EngineRequest, (error) => {
        if (!error || !this.#waiting.delete(call)) return
        // Dying: the next call must not go to it.
        if (this.#child === child) this.#child = undefined
        reject(
          new SelmaError('engine', `the ONNX Runtime process cannot be reached: ${error.message}`, {
            hint: 'run the cell again; a new process starts by itself',
          }),
        )
      })
    })
  }

  /** Opens a program in the engine's process. A session whose process died opens itself again, with zeroed states, at its next call. */
  async open(program: Program, options: SessionOptions = {}): Promise<Session> {
    const session = this.#sessions++
    let home: ChildProcess | undefined
    const ready = async (): Promise<void> => {
      if (home && home === this.#child) return
      const opening = this.#ask({ kind: 'open', session, program, options })
      home = this.#child
      await opening.catch((error) => {
        home = undefined
        throw error
      })
    }
    await ready()
    this.#open.add(session)
    const { inputs, outputs, states, nodeCount } = program
    let released = false
    const use = async <T>(request: Request): Promise<T> => {
      if (released) fail('bad-input', 'this session was released')
      await ready()
      return (await this.#ask(request)) as T
    }
    return {
      program: { inputs, outputs, states, nodeCount },
      run: (feeds, names) => use<Feeds>({ kind: 'run', session, feeds, outputs: names }),
      setState: (name, value) => use<void>({ kind: 'set', session, name, value }),
      getState: (name) => use<Float32Array>({ kind: 'get', session, name }),
      release: async () => {
        if (released) return
        released = true
        this.#open.delete(session)
        if (home && home === this.#child) await this.#ask({ kind: 'release', session })
      },
    }
  }

  /** Ends the process at once; what was running rejects with `stopped`. The engine can be used again. */
  cancel(): void {
    const child = this.#child
    this.#fail(new SelmaError('stopped', 'the computation was cancelled'))
    child?.kill('SIGKILL')
  }

  /** Sessions that are open. */
  get sessions(): number {
    return this.#open.size
  }

  /** Ends the process when it has no session and nothing to do: only so is all memory given back. */
  endIfIdle(): void {
    if (this.#open.size === 0 && this.#waiting.size === 0) this.cancel()
  }

  /** The process id, while there is one. */
  get pid(): number | undefined {
    return this.#child?.pid
  }
}
