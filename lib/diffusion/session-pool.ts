// Sessions by key, opened when first asked for, in this process or wherever the opener puts them.
// A session is fixed to a number of rows, so that a small request does not pay for a big one.
import {
  compile,
  Graph,
  LocalSession,
  type OpenSession,
  type Provider,
  type Session,
  type SessionOptions,
} from '../runtime/index.ts'

/** Opens sessions in this process, on a provider. Default: the CPU's. */
export const openOn =
  (provider?: Provider): OpenSession =>
  (program, options) =>
    LocalSession.create(program, { ...options, provider })

const rowSizes = [2, 8, 32, 64]
/** Latents of a picture from which several at once gain nothing, and cost memory. */
const LARGE = 1024

/** The rows of the session that serves `count` rows, or of the biggest one. */
export const rowsFor = (count: number): number =>
  rowSizes.find((rows) => rows >= count) ?? rowSizes[rowSizes.length - 1]

/**
 * How many of `count` pictures go into one run: large ones one by one.
 *
 * @param positions height · width of a picture's latents
 * @param each rows that a picture takes: two with guidance
 */
export const picturesPerRun = (count: number, positions: number, each = 1): number =>
  positions >= LARGE ? 1 : rowsFor(count * each) / each

export class SessionPool {
  readonly #open: OpenSession
  readonly #provider: Provider | undefined
  readonly #sessions = new Map<string, Promise<Session>>()

  /** @param provider what the opener opens on; default the CPU */
  constructor(open: OpenSession, provider?: Provider) {
    this.#open = open
    this.#provider = provider
  }

  /** The session of this key; `build` writes its graph when there is none yet. */
  get(key: string, build: (graph: Graph) => void, options: SessionOptions = {}): Promise<Session> {
    const known = this.#sessions.get(key)
    if (known) return known
    const graph = new Graph({ provider: this.#provider })
    build(graph)
    const session = this.#open(compile(graph, { name: key }), options)
    this.#sessions.set(key, session)
    session.catch(() => this.#sessions.delete(key))
    return session
  }

  /** Closes all; they open again when asked for. */
  async release(): Promise<void> {
    const open = [...this.#sessions.values()]
    this.#sessions.clear()
    for (const session of open) await (await session).release()
  }
}
