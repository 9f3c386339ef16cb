// The kernel's process: the sockets in a thread of their own, which answers at once; the cells in this one, which
// loads the compiler meanwhile.
import { currentCell } from '../cell.ts'
import { comms } from '../comms.ts'
import { keepCompiledCode, loadTypescript } from '../fast-start.ts'
import { defaultPreload, type Preload } from '../preload.ts'
import { encodeJson } from '../wire/message.ts'
import { Cells } from './cells.ts'
import { startThread } from './thread.ts'
import { type FrontSettings, flag, sharedFlags, type ToCells, type ToFront } from './threads.ts'

/** How long closing the sockets may take when the process ends, in ms. */
const CLOSE_MS = 2000

/** Whether this Node can cut off running code and go on; before 24 it would abort the process. */
export function canCutOff(): boolean {
  const started = [...process.execArgv, ...(process.env.NODE_OPTIONS ?? '').split(/\s+/)]
  const unchecked = started.includes('--no-force-async-hooks-checks')
  return Number(process.versions.node.split('.')[0]) >= 24 && unchecked
}

/**
 * Runs a kernel in this process until a client shuts it down.
 *
 * @param connectionFile path of the file Jupyter wrote
 * @param preload modules whose exports the cells have in scope; default the library and the widgets
 */
export async function runKernel(
  connectionFile: string,
  { preload = defaultPreload }: { preload?: Preload } = {},
): Promise<void> {
  const flags = sharedFlags()
  const cwd = process.cwd()
  const canCut = canCutOff()
  const settings: FrontSettings = { connectionFile, cwd, preload, flags, canCut }
  const front = startThread('./front-worker.ts', import.meta.url, settings, keepCompiledCode())
  const stderr = process.stderr.write.bind(process.stderr)
  front.on('error', (error) => {
    // Without sockets there is nobody to talk to.
    Atomics.store(flags, flag.closed, 1)
    stderr(`selma kernel: ${(error as Error).message}\n`)
    process.exit(1)
  })
  process.on('exit', (code) => {
    const message: ToFront = { type: 'closing', code }
    front.postMessage(message)
    Atomics.wait(flags, flag.closed, 0, CLOSE_MS)
  })

  const cells = new Cells((message, transfer = []) => front.postMessage(message, transfer), flags)
  front.on('message', (message: ToCells) => cells.take(message))
  comms.transport = (kind, content, { metadata, buffers }) => {
    const parent = currentCell()?.id ?? ''
    const copies = buffers.map((one) => new Uint8Array(one))
    const json = encodeJson(content)
    const message: ToFront = { type: 'publish', parent, kind, json, metadata, buffers: copies }
    front.postMessage(
      message,
      copies.map((one) => one.buffer),
    )
  }
  // Without a listener SIGINT would end the process; a session's own code is stopped by `interrupt_request`.
  let interrupt = () => {}
  process.on('SIGINT', () => interrupt())

  Atomics.store(flags, flag.busy, 1)
  try {
    await loadTypescript()
    const { createSession } = await import('../session.ts')
    const session = createSession({
      cwd,
      preload,
      ownProcess: true,
      // Where code can be cut off at any place, it need not be watched for a signal.
      watchSigint: !canCut,
      onOutput: (output, cell) => cells.output(output, cell.id),
      onCommit: (code, names) => front.postMessage({ type: 'committed', code, names } satisfies ToFront),
      uncut: (work) => {
        Atomics.store(flags, flag.busy, 1)
        try {
          return work()
        } finally {
          Atomics.store(flags, flag.busy, 0)
        }
      },
    })
    interrupt = () => session.interrupt()
    // The compiler reads its declarations before the first cell comes, which usually is a little later.
    void session.execute('', { silent: true })
    Atomics.store(flags, flag.busy, 0)
    cells.ready(session)
  } catch (error) {
    Atomics.store(flags, flag.busy, 0)
    cells.ready(undefined, error)
  }
}
