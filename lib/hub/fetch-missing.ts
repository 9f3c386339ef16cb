// The files that the cache lacks, several at a time, each under a lock between processes; with progress,
// and with a look at the disk first. The first failure stops the others; what they have is kept to go on from.
import { statfs } from 'node:fs/promises'
import { fail } from '../base/errors.ts'
import { fileSize, type HubFile, type RepoCache } from './cache.ts'
import { connect, pause, throwIfStopped } from './connection.ts'
import { blobName, downloadBlob, partialOf } from './download-blob.ts'
import { withDownloadLock } from './download-lock.ts'
import type { HubSettings } from './settings.ts'

export interface DownloadProgress {
  /** The file that this is about. */
  file: string
  /** `waiting`: another process downloads it. */
  state: 'downloading' | 'waiting' | 'done'
  /** Bytes of this file that are here, and all of its bytes. */
  received: number
  size: number
  /** Bytes of all files that were asked for, those cached before included. */
  totalReceived: number
  totalSize: number
  filesDone: number
  files: number
}

/** Files at a time. */
const parallel = 4

export interface Work {
  settings: HubSettings
  cache: RepoCache
  repo: string
  commit: string
  wanted: readonly HubFile[]
  onProgress: ((progress: DownloadProgress) => void) | undefined
  signal: AbortSignal | undefined
}

/**
 * Brings all files in.
 *
 * @returns the bytes that came over the network
 * @throws HubError, SelmaError `bad-file`, `io` or `stopped`
 */
export async function fetchMissing(work: Work): Promise<number> {
  const { settings, cache, repo, commit, wanted, onProgress } = work
  const stop = new AbortController()
  const signal = work.signal ? AbortSignal.any([work.signal, stop.signal]) : stop.signal
  const fetch = connect(settings, { repo, purpose: 'read', networkRetries: 0, signal })
  const received = new Map(wanted.map((file) => [file.path, 0]))
  const totalSize = wanted.reduce((sum, file) => sum + file.size, 0)
  let filesDone = 0
  let downloaded = 0
  let shown = Number.NEGATIVE_INFINITY
  const report = (file: HubFile, state: DownloadProgress['state']) => {
    const now = settings.clock.now()
    if (!onProgress || (state === 'downloading' && now - shown < 100)) return
    shown = now
    onProgress({
      file: file.path,
      state,
      received: received.get(file.path)!,
      size: file.size,
      totalReceived: [...received.values()].reduce((sum, bytes) => sum + bytes, 0),
      totalSize,
      filesDone,
      files: wanted.length,
    })
  }
  const download = async (file: HubFile, blob: string): Promise<void> => {
    let last = (await fileSize(partialOf(blob))) ?? 0
    const onBytes = (bytes: number): void => {
      downloaded += bytes < last ? bytes : bytes - last // fewer than before: it was started over
      last = bytes
      received.set(file.path, bytes)
      report(file, 'downloading')
    }
    await downloadBlob({ settings, fetch, repo, commit, file, blob, signal, onBytes })
  }
  const bring = async (file: HubFile): Promise<void> => {
    const name = blobName(file)
    const [blob, pointer] = [cache.blob(name), cache.pointer(commit, file.path)]
    const { symlinks } = settings
    const isHere = async (path: string): Promise<boolean> => (await fileSize(path)) === file.size
    if (!(await isHere(pointer))) {
      if (symlinks && (await isHere(blob))) await cache.link(blob, pointer, { symlinks, move: false })
      else
        await withDownloadLock(
          cache.lock(name),
          async () => {
            if (await isHere(pointer)) return
            const fresh = !(await isHere(blob))
            if (fresh) await download(file, blob)
            await cache.link(blob, pointer, { symlinks, move: fresh })
          },
          () => {
            report(file, 'waiting')
            return pause(settings, 500, signal, repo)
          },
        )
    }
    received.set(file.path, file.size)
    filesDone++
    report(file, 'done')
  }
  await checkSpace(work)
  let failure: unknown
  const queue = wanted[Symbol.iterator]()
  const worker = async (): Promise<void> => {
    for (const file of queue) {
      if (signal.aborted) break
      await bring(file).catch((error) => {
        failure ??= error
        stop.abort()
      })
    }
  }
  await Promise.all(Array.from({ length: parallel }, worker))
  throwIfStopped(work.signal, repo)
  if (failure !== undefined) throw failure
  return downloaded
}

/** Says that the disk is too small before an hour of downloading, not after it. */
async function checkSpace({ settings, cache, commit, wanted, repo }: Work): Promise<void> {
  let needed = 0
  for (const file of wanted) {
    const blob = cache.blob(blobName(file))
    const here = [cache.pointer(commit, file.path), blob].map(
      async (path) => (await fileSize(path)) === file.size,
    )
    if ((await Promise.all(here)).some(Boolean)) continue
    needed += Math.max(0, file.size - ((await fileSize(partialOf(blob))) ?? 0))
  }
  const disk = await statfs(cache.folder).catch(() => undefined)
  if (!disk || disk.blocks === 0) return
  const free = disk.bavail * disk.bsize
  if (needed > free)
    fail(
      'io',
      `${repo} needs ${gigabytes(needed)} more, the disk of ${settings.cacheDir} has ${gigabytes(free)} free`,
      'free some space, or name another cache folder with HF_HOME or HF_HUB_CACHE',
    )
}

const gigabytes = (bytes: number): string =>
  bytes >= 1e8 ? `${(bytes / 1e9).toFixed(1)} GB` : `${(bytes / 1e6).toFixed(1)} MB`
