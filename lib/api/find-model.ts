// Where a model that a cell names is: embedded, a folder, or on the Hugging Face Hub, from where it is brought.
import { existsSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { fail } from '../base/errors.ts'
import {
  type DownloadProgress,
  downloadSnapshot,
  type HubOptions,
  pipelineFiles,
  variantFolder,
} from '../hub/index.ts'
import { embeddedModels, locateModel } from '../shapes/models.ts'
import { callerSignal } from './caller.ts'

export interface LoadOptions extends Pick<HubOptions, 'token' | 'endpoint' | 'cacheDir' | 'env'> {
  /** Branch, tag or commit on the Hub. Default 'main'. */
  revision?: string
  /** Weight files marked so, such as 'fp16'; components that lack it come unmarked. Default: the unmarked ones. */
  variant?: string
  /** Told while files of the Hub are downloaded. Default: a line on stderr for every tenth of a large download. */
  onProgress?: (progress: DownloadProgress) => void
  signal?: AbortSignal
}

export interface FoundModel {
  name: string
  /** What opens it again, also in another process: an embedded name, or a folder. */
  base: string
  folder: string
  /** Where it came from, for the reader. */
  note?: string
}

/** What may be the name of a repository on the Hub, with or without a revision. */
export const hubName = /^[A-Za-z0-9_][\w.-]*\/[A-Za-z0-9_][\w.-]*(?:@.+)?$/

/** Downloads from so many bytes on are told of. */
const LARGE = 50e6

/** Tells of every tenth. */
function tenths(repo: string): (progress: DownloadProgress) => void {
  let told = 0
  return ({ totalReceived, totalSize, files, filesDone }) => {
    const tenth = Math.floor((10 * totalReceived) / totalSize)
    if (totalSize < LARGE || tenth <= told) return
    told = tenth
    const size = (totalSize / 1e9).toFixed(1)
    process.stderr.write(`${repo}: ${tenth * 10} % of ${size} GB, ${filesDone} of ${files} files\n`)
  }
}

async function fromHub(repo: string, options: LoadOptions): Promise<FoundModel> {
  const { variant, signal = callerSignal(), onProgress = tenths(repo), ...rest } = options
  const snapshot = await downloadSnapshot({
    ...rest,
    ...{ repo, signal, onProgress },
    select: (files) => pipelineFiles(files, { variant }).files,
  })
  const folder =
    variant === undefined
      ? snapshot.folder
      : await variantFolder(snapshot.folder, { name: basename(snapshot.repo), variant })
  return { name: snapshot.repo, base: folder, folder, note: snapshot.note }
}

/**
 * Finds a model by an embedded name, the path of a diffusers pipeline folder, or its name on the Hub
 * (`organisation/name`); a folder goes before the Hub.
 *
 * @throws SelmaError `not-found` with the valid names; `bad-input` for a revision or variant where there is none;
 *   as `downloadSnapshot` and `pipelineFiles` for the Hub's
 */
export async function findModel(given: string, options: LoadOptions = {}): Promise<FoundModel> {
  const { revision, variant } = options
  const embedded = (embeddedModels as readonly string[]).includes(given)
  if (!embedded && hubName.test(given) && !existsSync(resolve(given))) return fromHub(given, options)
  if (revision !== undefined)
    fail('bad-input', `revision ${revision} of ${given}`, 'only models of the Hub have revisions')
  const { name, folder } = locateModel(given)
  if (variant === undefined) return { name, base: given, folder }
  if (embedded) fail('bad-input', `variant ${variant} of ${given}`, 'embedded models have none')
  const made = await variantFolder(folder, { name, variant })
  return { name: basename(made), base: made, folder: made }
}
