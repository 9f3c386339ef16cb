// The files of a model that are asked for, at one commit, in the shared cache; downloaded where they are
// missing. Our own beside `snapshotDownload` of `@huggingface/hub`, which takes all or nothing, asks the
// server even when everything is cached, checks no hash and starts a cut file over.
import { fail, SelmaError } from '../base/errors.ts'
import { fileSize, type HubFile, RepoCache } from './cache.ts'
import { connect, throwIfStopped } from './connection.ts'
import { type DownloadProgress, fetchMissing } from './fetch-missing.ts'
import { HubError } from './hub-error.ts'
import { listRepo, resolveRevision } from './listing.ts'
import { checkFileName, checkRevision, isCommit, parseRepoId } from './repo-id.ts'
import { type HubOptions, hubSettings } from './settings.ts'

export interface DownloadOptions extends HubOptions {
  /** `organisation/name`, or `organisation/name@revision`. */
  repo: string
  /** Branch, tag or commit. Default 'main'. */
  revision?: string
  /** The files wanted. Give these or `select`. */
  files?: readonly string[]
  /** Chooses from what the repository holds (offline, where no listing is kept: from what is cached). */
  select?: (files: readonly HubFile[]) => readonly string[]
  onProgress?: (progress: DownloadProgress) => void
  signal?: AbortSignal
}

export interface Snapshot {
  /** Folder of the commit; holds at least the files that were asked for. */
  folder: string
  repo: string
  revision: string
  /** What the revision is: 40 hexadecimal digits. */
  commit: string
  files: string[]
  /** Bytes that came over the network. */
  downloaded: number
  /** `cache` when nothing was asked of the Hub; `note` then says why. */
  source: 'hub' | 'cache'
  /** One sentence for the user. */
  note: string
}

/**
 * Downloads the files that are asked for, and nothing else, into the cache that Python uses, too.
 * With a full commit id and everything cached, no request is made.
 *
 * @throws SelmaError `bad-input` for a bad name, `not-found` naming what is missing, `bad-file` for damaged or
 *   dangerous files, `io` for network and disk, `stopped`; HubError is one of them, with the HTTP status
 */
export async function downloadSnapshot(options: DownloadOptions): Promise<Snapshot> {
  const { select, onProgress, signal } = options
  const named = parseRepoId(options.repo)
  const revision = checkRevision(options.revision ?? named.revision ?? 'main')
  const { repo } = named
  if (!options.files && !select) fail('bad-input', `which files of ${repo}?`, 'give `files` or `select`')
  for (const file of options.files ?? []) checkFileName(file, repo)
  const settings = await hubSettings(options)
  const cache = new RepoCache(settings.cacheDir, repo)
  const target = { repo, revision, files: options.files, select, cache }
  throwIfStopped(signal, repo)

  const known = await withoutAsking(target)
  if (known) return known
  if (settings.offline) return offline(target, 'HF_HUB_OFFLINE is set')

  const fetch = connect(settings, { repo, purpose: 'read', signal })
  const source = { endpoint: settings.endpoint, fetch, repo }
  let commit: string
  let listing: HubFile[]
  try {
    commit = isCommit(revision) ? revision : await resolveRevision(source, revision)
    const kept = await cache.readTree(commit)
    listing = kept ?? (await listRepo(source, commit))
    if (!kept) await cache.writeTree(commit, listing)
  } catch (error) {
    if (error instanceof HubError && error.isOutage) return offline(target, error.message, error)
    throw error
  }
  const wanted = choose(target, listing, commit)
  const downloaded = await fetchMissing({ settings, cache, repo, commit, wanted, onProgress, signal })
  await cache.writeRef(revision, commit)
  return {
    folder: cache.snapshot(commit),
    repo,
    revision,
    commit,
    files: wanted.map((file) => file.path),
    downloaded,
    source: 'hub',
    note: `${repo} at ${revision} (${commit.slice(0, 7)}): ${downloaded === 0 ? 'all of it was cached' : `${downloaded} bytes downloaded`}`,
  }
}

interface Target {
  repo: string
  revision: string
  files: readonly string[] | undefined
  select: ((files: readonly HubFile[]) => readonly string[]) | undefined
  cache: RepoCache
}

/** The entries of the files that are asked for. */
function choose({ repo, files, select }: Target, listing: readonly HubFile[], commit: string): HubFile[] {
  const byName = new Map(listing.map((file) => [file.path, file]))
  const names = [...new Set(files ?? select!(listing))]
  for (const name of names) checkFileName(name, repo)
  const missing = names.filter((name) => !byName.has(name))
  if (missing.length > 0)
    fail(
      'not-found',
      `${repo} has no ${enumerate(missing)} at ${commit.slice(0, 7)}`,
      `it has ${enumerate(listing.map((file) => file.path)) || 'no files'}`,
    )
  return names.map((name) => byName.get(name)!)
}

const enumerate = (names: readonly string[], most = 8): string =>
  names
    .slice(0, most)
    .map((name) => JSON.stringify(name).slice(1, -1))
    .join(', ') + (names.length > most ? ` and ${names.length - most} more` : '')

/** What the cache has; undefined when it does not know the revision or its files. */
async function fromCache(
  target: Target,
  why: string,
): Promise<{ snapshot: Snapshot; missing: string[] } | undefined> {
  const { cache, repo, revision, files, select } = target
  const commit = await cache.readRef(revision)
  if (!commit) return undefined
  const tree = await cache.readTree(commit)
  // Without a listing `select` cannot know whether something better is on the Hub.
  const listing = tree ?? (await cache.listSnapshot(commit))
  if (listing.length === 0) return undefined
  const names = [...new Set(files ?? select!(listing))].map((name) => checkFileName(name, repo))
  const sizes = new Map(tree?.map((file) => [file.path, file.size]))
  const missing: string[] = []
  for (const name of names) {
    const size = await fileSize(cache.pointer(commit, name))
    if (size === undefined || size !== (sizes.get(name) ?? size)) missing.push(name)
  }
  const note = `${repo} at ${revision} (${commit.slice(0, 7)}) from the cache: ${why}`
  const folder = cache.snapshot(commit)
  return {
    snapshot: { folder, repo, revision, commit, files: names, downloaded: 0, source: 'cache', note },
    missing,
  }
}

/** A commit never changes: where all of it is known and here, there is nothing to ask. */
async function withoutAsking(target: Target): Promise<Snapshot | undefined> {
  const { revision, cache, files } = target
  if (!isCommit(revision) || (!files && !(await cache.readTree(revision)))) return undefined
  const found = await fromCache(target, 'a commit never changes, and all of it was here')
  return found?.missing.length === 0 ? found.snapshot : undefined
}

/** The cache in place of the Hub, or why not. */
async function offline(target: Target, why: string, error?: HubError): Promise<Snapshot> {
  const found = await fromCache(target, why).catch((inner) => {
    throw error && inner instanceof SelmaError
      ? new SelmaError(error.code, `${error.message}, and the cached part is not enough: ${inner.message}`, {
          hint: error.hint,
        })
      : inner
  })
  if (found?.missing.length === 0) return found.snapshot
  const lacks = found ? `the cache lacks ${enumerate(found.missing)}` : 'the cache has nothing of it'
  return fail(
    error ? 'io' : 'not-found',
    `${target.repo} at ${target.revision}: ${why}, and ${lacks}`,
    error?.hint ?? 'run it once with the network, without HF_HUB_OFFLINE',
  )
}
