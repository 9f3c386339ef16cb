// The thread that owns the kernel's sockets: puts the front between them and the thread of the cells.
import { writeSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { readConnectionFile } from '../wire/connection-file.ts'
import { Assistance } from './assistance.ts'
import { Front } from './front.ts'
import { History, historyFile } from './history.ts'
import { kernelInfo } from './kernel-info.ts'
import { watchParent } from './parent-watch.ts'
import { openSockets, type Sockets } from './sockets.ts'
import { type FrontSettings, flag, type ToCells, type ToFront } from './threads.ts'

/** How long the last messages may take to leave, in ms, before the process is killed. */
const LEAVE_MS = 300
/** How long closing the sockets may take, in ms. */
const CLOSE_MS = 2000

const { connectionFile, cwd, preload, flags, canCut } = workerData as FrontSettings
const cells = parentPort as import('node:worker_threads').MessagePort

/** So many lines are logged in a quarter of a minute; whoever sends rubbish must not fill a disk with it. */
const MAX_LINES = 20
let lines = 0

/** To the stderr that the process was started with: the cells' thread may be blocked, and its stderr is captured. */
function log(text: string): void {
  if (lines === 0) setTimeout(() => (lines = 0), 15_000)
  if (++lines > MAX_LINES) return
  try {
    writeSync(2, `selma kernel: ${text}${lines === MAX_LINES ? ' (and so may be more)' : ''}\n`)
  } catch {
    // Nobody reads it.
  }
}

let sockets: Sockets | undefined
let ended = false

async function end(politely: boolean): Promise<void> {
  if (ended) return
  ended = true
  // In any case: the thread of the cells may be blocked for ever, and nobody else would end it.
  if (!politely) setTimeout(() => process.kill(process.pid, 'SIGKILL'), CLOSE_MS)
  await sockets?.close()
  Atomics.store(flags, flag.closed, 1)
  Atomics.notify(flags, flag.closed)
  if (politely) return
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), LEAVE_MS)
}

const post = (message: ToCells) => cells.postMessage(message)
const connection = readConnectionFile(connectionFile)
const { shell, iopub, stdin, control, hb } = connection.endpoints
const port = (endpoint: string) => Number(/\d+$/.exec(endpoint)?.[0])
const front = new Front({
  key: connection.key,
  send: (channel, frames) => sockets?.send(channel, frames),
  post,
  log,
  end: (politely) => void end(politely),
  flags,
  canCut,
  info: kernelInfo(),
  ports: {
    status: 'ok',
    shell_port: port(shell),
    iopub_port: port(iopub),
    stdin_port: port(stdin),
    control_port: port(control),
    hb_port: port(hb),
  },
  history: new History(historyFile()),
  assistance: new Assistance({ cwd, preload, post, flags, log }),
})
cells.on('message', (message: ToFront) => front.fromCells(message))
sockets = await openSockets(connection, (channel, frames) => front.receive(channel, frames))
// Whatever goes wrong with one message, the kernel goes on; this thread is the only one that can always act.
process.on('uncaughtException', (error) => log(`an error in the kernel: ${error?.stack ?? error}`))
front.iopub.status('starting')
watchParent(Number(process.env.JPY_PARENT_PID), () => void end(false))
