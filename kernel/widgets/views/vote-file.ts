// Votes on disk: JSON lines, only ever appended to, so that an interrupted session goes on where it was and several
// people may write to one file. An undone vote stays in it, followed by a line that takes it back.
import { appendFile, mkdir, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { z } from 'zod'
import { fail } from '../../../lib/base/errors.ts'
import { fileError } from '../../../lib/base/files.ts'

const about = {
  version: z.literal(1),
  /** ISO 8601, UTC. */
  time: z.iso.datetime(),
  rater: z.string().min(1),
  /** The models' names. */
  a: z.string(),
  b: z.string(),
  item: z.string(),
  /** Prompt and seed: names the pair. */
  pair: z.string(),
}
const line = z.union([
  z.object({
    ...about,
    prompt: z.string(),
    /** Who was on the left, and what was chosen. */
    left: z.enum(['a', 'b']),
    choice: z.enum(['left', 'right', 'tie']),
    winner: z.enum(['a', 'b', 'tie']),
  }),
  z.object({ ...about, undo: z.literal(true) }),
])
export type VoteLine = z.output<typeof line>
export type KeptVote = Exclude<VoteLine, { undo: true }>

export class VoteFile {
  readonly path: string
  #queue: Promise<void> = Promise.resolve()

  constructor(path: string) {
    this.path = path
  }

  /**
   * The votes that hold about two models: each rater's last about each pair.
   *
   * @throws SelmaError `bad-file` with the line, `io`
   */
  async read(a: string, b: string): Promise<KeptVote[]> {
    const text = await this.#text()
    const votes = new Map<string, KeptVote>()
    const lines = text.split('\n')
    for (const [at, one] of lines.entries()) {
      if (one.trim() === '') continue
      const read = parse(one)
      // The last line may have been cut off; the next vote closes it.
      if (!read && at === lines.length - 1) continue
      if (!read) fail('bad-file', `${this.path}, line ${at + 1} is no vote`, 'mend or remove the line')
      if (read.a !== a || read.b !== b) continue
      const key = JSON.stringify([read.rater, read.pair])
      votes.delete(key)
      if (!('undo' in read)) votes.set(key, read)
    }
    return [...votes.values()]
  }

  /** Appends one line; calls are done one after the other. @throws SelmaError `io` */
  append(vote: VoteLine): Promise<void> {
    const work = this.#queue.then(async () => {
      const cut = (await this.#text()).match(/[^\n]$/) ? '\n' : ''
      try {
        await mkdir(dirname(this.path), { recursive: true })
        await appendFile(this.path, `${cut}${JSON.stringify(line.parse(vote))}\n`)
      } catch (error) {
        throw fileError(error, 'write', this.path)
      }
    })
    this.#queue = work.catch(() => {})
    return work
  }

  async #text(): Promise<string> {
    return readFile(this.path, 'utf8').catch((error) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
      throw fileError(error, 'read', this.path)
    })
  }
}

function parse(text: string): VoteLine | undefined {
  try {
    return line.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}
