// A folder, such as an expert's, up to a model repository on the Hub, in one commit: all of it or nothing.
// Made with `createRepo`, `createBranch` and `commitIter` of `@huggingface/hub`; chosen here are the files (what lies in the
// folder itself: no hidden files, no links to elsewhere, nothing that holds the token). Big files go by LFS,
// which every Hub speaks, not by Xet.
import { lstat, readdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { commitIter, createBranch, createRepo } from '@huggingface/hub'
import { fail, SelmaError } from '../base/errors.ts'
import { fileError } from '../base/files.ts'
import { connect, throwIfStopped } from './connection.ts'
import { HubError } from './hub-error.ts'
import { checkFileName, checkRevision, parseRepoId } from './repo-id.ts'
import { type HubOptions, type HubSettings, hubSettings } from './settings.ts'

export interface UploadProgress {
  /** `hashing` and `uploading` are told of big files only; small ones go with the commit. */
  state: 'preparing' | 'hashing' | 'uploading' | 'committing' | 'done'
  /** The file that this is about, where it is about one. */
  file?: string
  /** Share of this file that is done, 0 to 1. */
  share?: number
  files: number
  /** Bytes of all files. */
  totalSize: number
}

export interface PushOptions extends Omit<HubOptions, 'token' | 'cacheDir'> {
  /** `organisation/name`; made if it does not exist. */
  repo: string
  folder: string
  /** Further files by name, or others in place of the folder's: a model card as `README.md`, pictures. */
  extra?: Readonly<Record<string, string | Uint8Array>>
  /** Title of the commit. Default 'Upload with SELMA Lab'. */
  message?: string
  /** Branch that the commit goes to; made from `main` if it does not exist. Default 'main'. */
  revision?: string
  /** A repository that is made is visible to you only; one that exists stays as it is. Default true. */
  private?: boolean
  /** Default: `HF_TOKEN`, else the file that `hf auth login` wrote. It needs write permission. */
  token?: string
  onProgress?: (progress: UploadProgress) => void
  signal?: AbortSignal
}

export interface Pushed {
  repo: string
  /** Address of the repository. */
  url: string
  /** Commit id. */
  commit: string
  /** Names of the files in the commit. */
  files: string[]
  /** True when the repository was made. */
  created: boolean
}

/**
 * Uploads a folder as one commit on a branch.
 *
 * @throws SelmaError `bad-input` without a token, for an empty folder or one that holds the token; `io` when the
 *   Hub refuses or is not reached; `not-found`; `stopped`
 */
export async function pushFolder(options: PushOptions): Promise<Pushed> {
  const { extra = {}, message = 'Upload with SELMA Lab', onProgress, signal } = options
  const { repo, revision: named } = parseRepoId(options.repo)
  if (named !== undefined)
    fail('bad-input', `${options.repo} names a revision`, `give ${repo}, and the branch as revision`)
  const branch = checkRevision(options.revision ?? 'main')
  const settings = await hubSettings(options)
  const { token, endpoint } = settings
  if (settings.offline) fail('bad-input', 'HF_HUB_OFFLINE is set', 'unset it to upload')
  if (!token)
    return fail(
      'bad-input',
      `uploading to ${repo} needs a token`,
      `set HF_TOKEN to one with write permission (${endpoint}/settings/tokens), or run \`hf auth login\``,
    )
  const files = await filesOf(options.folder, extra, token, repo)
  const totalSize = [...files.values()].reduce((sum, file) => sum + file.size, 0)
  const tell = (progress: Pick<UploadProgress, 'state' | 'file' | 'share'>): void =>
    onProgress?.({ ...progress, files: files.size, totalSize })
  throwIfStopped(signal, repo)
  tell({ state: 'preparing' })
  const created = await makeRepo(settings, repo, options.private ?? true, signal)
  if (branch !== 'main') await makeBranch(settings, repo, branch, signal)
  try {
    const steps = commitIter({
      repo,
      hubUrl: endpoint,
      fetch: connect(settings, { repo, purpose: 'write', signal }),
      abortSignal: signal,
      useXet: false,
      title: message,
      branch,
      operations: [...files].map(([path, { content }]) => ({ operation: 'addOrUpdate', path, content })),
    })
    for (;;) {
      const { done, value } = await steps.next()
      if (done) {
        const commit = value?.commit.oid
        if (typeof commit !== 'string' || !/^[0-9a-f]{40}$/.test(commit)) throw new TypeError('no commit id')
        tell({ state: 'done' })
        return { repo, url: `${endpoint}/${repo}`, commit, files: [...files.keys()], created }
      }
      if (value.event === 'phase') {
        if (value.phase === 'committing') tell({ state: 'committing' })
      } else if (value.state !== 'error')
        tell({ state: value.state, file: value.path, share: value.progress })
    }
  } catch (error) {
    throwIfStopped(signal, repo)
    if (error instanceof SelmaError) throw error
    if ((error as NodeJS.ErrnoException)?.code) throw fileError(error, 'read', options.folder)
    // The package's own messages hold signed addresses.
    return fail(
      'io',
      `the Hub’s answer to the upload to ${repo} is not understood`,
      `look at ${endpoint}/${repo} whether it arrived; try again`,
    )
  }
}

/** True when it was made, false when it was there. */
async function makeRepo(
  settings: HubSettings,
  repo: string,
  hidden: boolean,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  try {
    await createRepo({
      repo,
      visibility: hidden ? 'private' : 'public',
      hubUrl: settings.endpoint,
      fetch: connect(settings, { repo, purpose: 'write', signal }),
      // Only a placeholder for the package, which wants `hf_…`: the connection sets the real one.
      accessToken: 'hf_',
    })
    return true
  } catch (error) {
    if (error instanceof HubError && error.status === 409) return false
    if (error instanceof SelmaError) throw error
    return fail('io', `the Hub’s answer is not understood (${repo})`, 'check HF_ENDPOINT: is a Hub there?')
  }
}

/** Makes a branch where there is none. */
async function makeBranch(
  settings: HubSettings,
  repo: string,
  branch: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    await createBranch({
      repo,
      branch,
      hubUrl: settings.endpoint,
      fetch: connect(settings, { repo, purpose: 'write', signal }),
    })
  } catch (error) {
    if (!(error instanceof HubError && error.status === 409)) throw error
  }
}

interface Upload {
  size: number
  content: URL | Blob
}

/** What is to be uploaded, by name, in order. */
async function filesOf(
  folder: string,
  extra: Readonly<Record<string, string | Uint8Array>>,
  token: string,
  repo: string,
): Promise<Map<string, Upload>> {
  const files = new Map<string, Upload>()
  const visit = async (dir: string, prefix: string): Promise<void> => {
    const names = await readdir(dir).catch((error) => {
      throw fileError(error, 'read', dir)
    })
    for (const name of names.sort()) {
      if (name.startsWith('.')) continue
      const path = join(dir, name)
      const found = await lstat(path)
      if (found.isDirectory()) await visit(path, `${prefix}${name}/`)
      else if (found.isFile()) {
        if (found.size < 1_000_000) refuseToken(await readFile(path), token, path)
        files.set(checkFileName(`${prefix}${name}`, repo), { size: found.size, content: pathToFileURL(path) })
      } else if (found.isSymbolicLink())
        fail('bad-input', `${path} is a link`, 'put the file itself into the folder, or leave the link out')
    }
  }
  await visit(resolve(folder), '')
  for (const [name, data] of Object.entries(extra)) {
    const bytes = Buffer.from(data)
    refuseToken(bytes, token, name)
    files.set(checkFileName(name, repo), { size: bytes.length, content: new Blob([bytes]) })
  }
  if (files.size === 0) fail('bad-input', `${folder} is empty`, 'give a folder with an expert in it')
  return files
}

function refuseToken(bytes: Buffer, token: string, path: string): void {
  if (bytes.includes(token))
    fail('bad-input', `${path} holds your access token`, 'remove it from the file before uploading')
}
