// All jobs of some folders, looked at again and again. Holds no timer and no page: runs/panel.tsx asks it to look.
import type { ControlCommand } from '../../../lib/messages/index.ts'
import { type JobFiles, join, listIfThere } from './files.ts'
import { type Known, mayChange, type Run, readRun, sizeOfRun } from './run.ts'
import { isLive } from './state.ts'

const jobName = /^[a-z][a-z0-9-]*-[0-9a-f]{16}$/
/** Requests at once. */
const atOnce = 6
/** Sizes of jobs that are running are counted again after so long, milliseconds. */
const sizeAge = 20_000

export class LiveJobError extends Error {}

export class RunStore {
  /** Called after something has changed. */
  onChange: () => void = () => {}
  readonly #files: JobFiles
  readonly #known = new Map<string, Known>()
  readonly #sized = new Map<string, { modified: number; at: number }>()
  readonly #asked = new Map<string, { id: string; command: ControlCommand }>()
  #offset = 0
  #found: string[] = []
  #looking: Promise<void> | undefined

  constructor(files: JobFiles) {
    this.#files = files
  }

  /** The jobs, the last changed first. */
  get runs(): Run[] {
    return Array.from(this.#known.values(), ({ run }) => run).sort(
      (a, b) => Number(isLive(b.state)) - Number(isLive(a.state)) || b.updated - a.updated,
    )
  }

  /** Folders that are there. */
  get found(): readonly string[] {
    return this.#found
  }

  /** The server's clock, milliseconds. */
  now(): number {
    return Date.now() + this.#offset
  }

  known(path: string): Known | undefined {
    return this.#known.get(path)
  }

  /** What was asked of a job and has not been acted on. */
  asked(path: string): ControlCommand | undefined {
    const request = this.#asked.get(path)
    const run = this.#known.get(path)?.run
    if (!request || !run) return undefined
    if (run.acted !== request.id && isLive(run.state)) return request.command
    this.#asked.delete(path)
    return undefined
  }

  /** Looks at all jobs of these folders; jobs of others are forgotten. One look at a time. */
  look(folders: readonly string[]): Promise<void> {
    this.#looking ??= this.#look(folders).finally(() => {
      this.#looking = undefined
    })
    return this.#looking
  }

  async #look(folders: readonly string[]): Promise<void> {
    const before = new Set(this.#found)
    const lists = await Promise.all(
      folders.map(async (folder) => ({
        folder,
        list: await listIfThere(this.#files, folder, before.has(folder)),
      })),
    )
    this.#found = lists.filter(({ list }) => list !== undefined).map(({ folder }) => folder)
    const jobs = lists.flatMap(({ folder, list }) =>
      (list ?? [])
        .filter((entry) => entry.folder && jobName.test(entry.name))
        .map((entry) => ({ path: join(folder, entry.name), entry })),
    )
    // The latest are looked at first: those are the ones that a person waits for.
    jobs.sort((a, b) => b.entry.modified - a.entry.modified)
    const there = new Set(jobs.map(({ path }) => path))
    for (const path of this.#known.keys()) if (!there.has(path)) this.#forget(path)
    const clock = { now: () => this.now(), hear: (time?: number) => this.#hear(time) }
    let told = Date.now()
    await eachOf(jobs, async ({ path, entry }) => {
      const before = this.#known.get(path)
      if (before && before.modified === entry.modified && !mayChange(before)) return
      const known = await readRun(this.#files, path, entry, { before, clock })
      if (known) this.#known.set(path, known)
      else this.#forget(path)
      if (Date.now() - told > 300) {
        told = Date.now()
        this.onChange()
      }
    })
    this.onChange()
    await eachOf(jobs, ({ path }) => this.#measure(path))
    this.onChange()
  }

  #hear(serverTime: number | undefined): void {
    if (serverTime !== undefined) this.#offset = serverTime - Date.now()
  }

  async #measure(path: string): Promise<void> {
    const known = this.#known.get(path)
    if (!known) return
    const before = this.#sized.get(path)
    const old = Date.now() - (before?.at ?? 0) > sizeAge
    if (before && before.modified === known.modified && !(isLive(known.run.state) && old)) return
    if (before && isLive(known.run.state) && !old) return
    known.run.size = await sizeOfRun(this.#files, known)
    this.#sized.set(path, { modified: known.modified, at: Date.now() })
  }

  #forget(path: string): void {
    this.#known.delete(path)
    this.#sized.delete(path)
    this.#asked.delete(path)
  }

  /** Asks a job to pause, go on, save or stop, by its control.json. It answers when it next looks. */
  async ask(path: string, command: ControlCommand): Promise<void> {
    const id = requestId()
    await this.#files.write(
      join(path, 'control.json'),
      `${JSON.stringify({ version: 1, command, id }, null, 2)}\n`,
    )
    this.#asked.set(path, { id, command })
    this.onChange()
  }

  /**
   * Deletes a job with all its files.
   *
   * @throws LiveJobError while a process has it; looked at once more before
   */
  async remove(path: string): Promise<void> {
    // A look that is under way would ask for files that are going.
    await this.#looking?.catch(() => {})
    const folder = path.split('/').slice(0, -1).join('/')
    const name = path.split('/').at(-1) as string
    const entry = jobName.test(name)
      ? (await this.#files.list(folder))?.find((one) => one.name === name)
      : undefined
    if (!entry?.folder) throw new Error(`${path} is no job`)
    const clock = { now: () => this.now(), hear: (time?: number) => this.#hear(time) }
    const known = await readRun(this.#files, path, entry, { clock })
    if (known && isLive(known.run.state)) throw new LiveJobError(name)
    await this.#files.remove(path)
    this.#forget(path)
    this.onChange()
  }
}

/** Not `randomUUID`, which browsers have on secure pages only. */
const requestId = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join(
    '',
  )

/** Some at once; what one throws is thrown once all have ended. */
async function eachOf<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const waiting = items.values()
  const errors: unknown[] = []
  const worker = async () => {
    for (const item of waiting) await work(item).catch((error) => errors.push(error))
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  if (errors.length > 0) throw errors[0]
}
