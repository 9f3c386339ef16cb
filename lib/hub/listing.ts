// What a repository holds: the commit behind a branch, and its files. Asked with `@huggingface/hub`;
// what comes back is checked here, for the package hands on whatever the server sends.
import { listFiles, modelInfo } from '@huggingface/hub'
import { z } from 'zod'
import { fail, SelmaError } from '../base/errors.ts'
import type { HubFile } from './cache.ts'
import type { HubFetch } from './connection.ts'
import { isCommit } from './repo-id.ts'

/** A listing that goes on for longer is not a model's. */
const mostEntries = 200_000
const mostPages = 2000

const entry = z.discriminatedUnion('type', [
  z.object({ type: z.literal('directory') }),
  z.object({
    type: z.literal('file'),
    path: z.string().min(1),
    size: z.int().nonnegative(),
    oid: z.string().regex(/^[0-9a-f]{40}$/),
    lfs: z.object({ oid: z.string().regex(/^[0-9a-f]{64}$/), size: z.int().nonnegative() }).nullish(),
    xetHash: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .nullish(),
  }),
])

/** Where to ask. */
export interface Source {
  endpoint: string
  fetch: HubFetch
  repo: string
}

/**
 * The commit that a branch, tag or commit id is now.
 *
 * @throws HubError as the Hub answers; SelmaError `bad-file` when it does not speak its protocol
 */
export async function resolveRevision({ endpoint, fetch, repo }: Source, revision: string): Promise<string> {
  const info = await understood(repo, () =>
    modelInfo({ name: repo, revision, additionalFields: ['sha'], hubUrl: endpoint, fetch }),
  )
  const { sha } = info as { sha?: unknown }
  return typeof sha === 'string' && isCommit(sha) ? sha : strange(repo, 'no commit for the revision')
}

/**
 * All files of a commit. Names are as the server sends them.
 *
 * @throws HubError as the Hub answers; SelmaError `bad-file` when it does not speak its protocol
 */
export async function listRepo({ endpoint, fetch, repo }: Source, commit: string): Promise<HubFile[]> {
  return understood(repo, async () => {
    const files = new Map<string, HubFile>()
    let entries = 0
    const pages = new Set<string>()
    const paged: HubFetch = (url, init) => {
      // The package follows `Link: …; rel="next"` for as long as there is one.
      if (pages.has(String(url)) || pages.size >= mostPages) strange(repo, 'a listing without an end')
      pages.add(String(url))
      return fetch(url, init)
    }
    for await (const item of listFiles({
      repo,
      revision: commit,
      recursive: true,
      hubUrl: endpoint,
      fetch: paged,
    })) {
      if (++entries > mostEntries) strange(repo, `a listing of more than ${mostEntries} entries`)
      const parsed = entry.safeParse(item)
      if (!parsed.success) strange(repo, `an entry of the listing with ${z.prettifyError(parsed.error)}`)
      if (parsed.data.type === 'directory') continue
      const { path, size, oid, lfs, xetHash } = parsed.data
      files.set(path, {
        path,
        size: lfs?.size ?? size,
        oid,
        ...(lfs ? { sha256: lfs.oid } : {}),
        ...(xetHash ? { xetHash } : {}),
      })
    }
    return [...files.values()]
  })
}

/** What the package throws at an answer that it does not understand is a TypeError or a SyntaxError. */
async function understood<T>(repo: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof SelmaError) throw error
    return strange(repo, 'an answer that is not understood')
  }
}

function strange(repo: string, what: string): never {
  return fail(
    'bad-file',
    `the Hub sent ${what.replace(/\s+/g, ' ').slice(0, 300)} (${repo})`,
    'check HF_ENDPOINT: is a Hub there, or a login page in between?',
  )
}
