// One file from the Hub into the cache: goes on where a cut transfer stopped, checks size and hash, and
// only then gives the file its name. This is what `downloadFileToCacheDir` of `@huggingface/hub` lacks: it
// starts over, and keeps whatever came. The partial file is `<hash>.selma.incomplete`: not Python's own
// name for one, so that the two never write to one file, and with the ending that `hf cache` cleans up.
import { createHash, type Hash } from 'node:crypto'
import { constants, createReadStream } from 'node:fs'
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fail, SelmaError } from '../base/errors.ts'
import { cacheError, fileSize, type HubFile } from './cache.ts'
import { backoff, type HubFetch, pause, throwIfStopped } from './connection.ts'
import { HubError, networkError } from './hub-error.ts'
import type { HubSettings } from './settings.ts'

export interface BlobRequest {
  settings: HubSettings
  /** Without retries of its own for a lost network. */
  fetch: HubFetch
  repo: string
  commit: string
  file: HubFile
  /** Final path. */
  blob: string
  /** Bytes that lie on the disk by now. */
  onBytes: (received: number) => void
  signal: AbortSignal
}

/** So many failures in a row without one new byte. */
const mostFailures = 5

/** The name of a file's content in the cache. */
export const blobName = (file: HubFile): string => file.sha256 ?? file.oid!

export const partialOf = (blob: string): string => `${blob}.selma.incomplete`

/**
 * Downloads one file. The caller holds its lock.
 *
 * @throws HubError; SelmaError `bad-file` when size or hash are not those of the listing (the partial file is
 *   removed), `io` when it cannot be written (what came is kept to go on from), `stopped`
 */
export async function downloadBlob(request: BlobRequest): Promise<void> {
  const { blob, file, settings, repo, signal } = request
  const partial = partialOf(blob)
  await mkdir(dirname(blob), { recursive: true }).catch((error) => {
    throw cacheError(error, blob)
  })
  // What was there before may be damaged: then, and only then, it is worth downloading again at once.
  for (let old = ((await fileSize(partial)) ?? 0) > 0; ; old = false) {
    const part = await Partial.open(partial, file)
    try {
      await receiveAll(part, request)
      const digest = part.hash.digest('hex')
      if (digest === blobName(file)) {
        await part.close({ sync: true })
        await rename(partial, blob).catch((error) => {
          throw cacheError(error, blob)
        })
        return
      }
      await part.close()
      await rm(partial, { force: true })
      if (!old)
        fail(
          'bad-file',
          `${file.path} of ${repo} arrived damaged: its ${file.sha256 ? 'SHA-256' : 'SHA-1'} is ${digest}, the Hub lists ${blobName(file)}`,
          'it was removed; try again, and if it stays so, ask whether a proxy changes what passes through it',
        )
      throwIfStopped(signal, repo)
    } catch (error) {
      await part.close().catch(() => {})
      if (error instanceof SelmaError && error.code === 'bad-file') await rm(partial, { force: true })
      throw error
    }
  }

  async function receiveAll(part: Partial, from: BlobRequest): Promise<void> {
    for (let failures = 0; part.length < file.size || file.size === 0; ) {
      const before = part.length
      try {
        await receive(part, from)
        if (part.length === file.size) return
        throw new Error('the connection was closed')
      } catch (error) {
        throwIfStopped(signal, repo)
        // A 5xx was asked for again before it came here.
        const lost = error instanceof HubError ? error.status === undefined : !(error instanceof SelmaError)
        if (!lost) throw error
        if (part.length > before) failures = 0
        if (failures >= mostFailures)
          throw error instanceof HubError ? error : networkError(error, new URL(settings.endpoint).host)
        await pause(settings, backoff(failures++), signal, repo)
      }
    }
  }
}

/** The file that grows, with the hash of what is in it. */
class Partial {
  readonly path: string
  hash: Hash
  length = 0
  readonly #file: HubFile
  #handle: FileHandle | undefined

  private constructor(path: string, file: HubFile, handle: FileHandle) {
    this.path = path
    this.#file = file
    this.#handle = handle
    this.hash = this.#freshHash()
  }

  static async open(path: string, file: HubFile): Promise<Partial> {
    try {
      const part = new Partial(path, file, await open(path, constants.O_RDWR | constants.O_CREAT))
      const found = (await fileSize(path)) ?? 0
      if (found > file.size) await part.restart()
      else if (found > 0) {
        for await (const chunk of createReadStream(path, { end: found - 1 })) part.#count(chunk as Uint8Array)
      }
      return part
    } catch (error) {
      throw cacheError(error, path)
    }
  }

  /** Throws away what is there. */
  async restart(): Promise<void> {
    await this.#handle?.truncate(0).catch((error) => {
      throw cacheError(error, this.path)
    })
    this.hash = this.#freshHash()
    this.length = 0
  }

  async append(chunk: Uint8Array): Promise<void> {
    try {
      for (let at = 0; at < chunk.length; ) {
        const { bytesWritten } = await this.#handle!.write(chunk, at, chunk.length - at, this.length + at)
        at += bytesWritten
      }
    } catch (error) {
      throw cacheError(error, this.path)
    }
    this.#count(chunk)
  }

  async close({ sync = false } = {}): Promise<void> {
    const handle = this.#handle
    this.#handle = undefined
    try {
      if (sync) await handle?.sync()
    } catch (error) {
      throw cacheError(error, this.path)
    } finally {
      await handle?.close()
    }
  }

  #count(chunk: Uint8Array): void {
    this.hash.update(chunk)
    this.length += chunk.length
  }

  #freshHash(): Hash {
    return this.#file.sha256 ? createHash('sha256') : createHash('sha1').update(`blob ${this.#file.size}\0`)
  }
}

/** One request: from where the partial file ends, to the end of the file or of the connection. */
async function receive(part: Partial, request: BlobRequest): Promise<void> {
  const { settings, repo, commit, file, signal } = request
  const name = file.path.split('/').map(encodeURIComponent).join('/')
  const attempt = new AbortController()
  let timer: NodeJS.Timeout | undefined
  try {
    const response = await request.fetch(`${settings.endpoint}/${repo}/resolve/${commit}/${name}`, {
      headers: {
        accept: '*/*',
        'accept-encoding': 'identity',
        ...(part.length > 0 ? { range: `bytes=${part.length}-` } : {}),
      },
      signal: AbortSignal.any([signal, attempt.signal]),
    })
    timer = setTimeout(() => attempt.abort(), settings.stallMilliseconds)
    await check(response, part, request)
    if (!response.body) return
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      timer.refresh()
      if (part.length + chunk.length > file.size) other(request, `more than ${file.size} bytes`)
      await part.append(chunk)
      request.onBytes(part.length)
    }
  } catch (error) {
    if (error instanceof HubError && error.status === 416) {
      await part.restart()
      throw new Error('the range was refused')
    }
    throw error
  } finally {
    clearTimeout(timer)
    attempt.abort() // closes a connection that is not read to its end
  }
}

/** Whether the answer is the part that was asked for; a whole file instead is taken from its start. */
async function check(response: Response, part: Partial, request: BlobRequest): Promise<void> {
  const { size } = request.file
  if (response.status === 206) {
    const [, start, total] =
      /^bytes (\d+)-\d+\/(\d+)$/.exec(response.headers.get('content-range') ?? '') ?? []
    if (total !== undefined && Number(total) !== size) other(request, `${total} bytes`)
    if (Number(start) === part.length) return
    await part.restart()
    throw new Error('another range than was asked for')
  }
  const length = response.headers.get('content-length')
  if (length !== null && !response.headers.has('content-encoding') && Number(length) !== size)
    other(request, `${length} bytes`)
  if (part.length > 0) await part.restart()
}

function other({ file, repo }: BlobRequest, sent: string): never {
  return fail(
    'bad-file',
    `${file.path} of ${repo} is listed with ${file.size} bytes, but the Hub sends ${sent}`,
    'nothing was kept of it; try again, and if it stays so, ask whether a proxy changes what passes through it',
  )
}
