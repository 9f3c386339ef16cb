// A Python package index, as far as a wheel of one version is looked up in it: PEP 691's simple JSON. No Python runs.
// Credentials in an index's address go into a header, and are never shown.
import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fail, SelmaError } from '../../lib/base/errors.ts'

const PUBLIC_INDEX = 'https://pypi.org/simple'

/** A file that an index offers. */
export interface IndexFile {
  name: string
  url: string
  sha256: string
  /** In bytes, where the index says it. */
  size?: number
}

/** `index-url` of pip's settings file: that of [global], or of [install]. */
function settingIn(path: string): string | undefined {
  if (!existsSync(path)) return undefined
  let section = ''
  let found: string | undefined
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    section = /^\s*\[(.+?)\]/.exec(line)?.[1] ?? section
    if (section === 'global' || section === 'install')
      found = /^\s*index[-_]url\s*[=:]\s*(\S+)/.exec(line)?.[1] ?? found
  }
  return found
}

/**
 * The index that pip would ask: `$PIP_INDEX_URL`, else what its settings files name, the user's before the system's,
 * else the public one.
 */
export function indexAddress(env: NodeJS.ProcessEnv = process.env): string {
  if (env.PIP_INDEX_URL) return env.PIP_INDEX_URL
  const home = env.HOME || homedir()
  const files = [
    ...(env.PIP_CONFIG_FILE ? [env.PIP_CONFIG_FILE] : []),
    ...(env.VIRTUAL_ENV ? [join(env.VIRTUAL_ENV, 'pip.conf')] : []),
    join(env.XDG_CONFIG_HOME || join(home, '.config'), 'pip', 'pip.conf'),
    join(home, '.pip', 'pip.conf'),
    join('/etc', 'pip.conf'),
  ]
  for (const file of files) {
    const found = settingIn(file)
    if (found) return found
  }
  return PUBLIC_INDEX
}

/** An address without the credentials in it, and the header that they make. */
export function withoutCredentials(address: string): { url: URL; headers: Record<string, string> } {
  if (!URL.canParse(address)) fail('bad-input', 'the package index has no valid address', 'https://…/simple')
  const url = new URL(address)
  if (!/^https?:$/.test(url.protocol))
    fail('bad-input', `a package index at ${url.protocol}`, 'give an address that starts with https://')
  const [user, password] = [url.username, url.password].map(decodeURIComponent)
  url.username = ''
  url.password = ''
  if (user === '' && password === '') return { url, headers: {} }
  return { url, headers: { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` } }
}

/** Asks, and gives an answer that is good. @throws SelmaError `io` with the address and what came */
export async function get(url: URL, headers: Record<string, string>): Promise<Response> {
  let response: Response
  try {
    response = await fetch(url, { headers })
  } catch (error) {
    const { message, cause } = error as Error
    const reason = (cause as Error | undefined)?.message || message
    throw new SelmaError('io', `${url.href} is not reached: ${reason}`, {
      hint: 'is there a mirror? name it with --index or PIP_INDEX_URL',
      cause: error,
    })
  }
  if (!response.ok)
    fail('io', `${url.href} answers ${response.status} ${response.statusText}`, 'another index: --index URL')
  return response
}

interface Listing {
  files?: { filename?: string; url?: string; hashes?: { sha256?: string }; size?: number }[]
}

/** All files of a package. @throws SelmaError `io`, or `bad-file` when the index does not speak JSON */
async function filesOf(
  index: string,
  name: string,
): Promise<{ page: URL; files: NonNullable<Listing['files']> }> {
  const { url, headers } = withoutCredentials(index)
  const page = new URL(`${url.href.replace(/\/*$/, '')}/${name}/`)
  const response = await get(page, { ...headers, accept: 'application/vnd.pypi.simple.v1+json' })
  const text = await response.text()
  try {
    const { files } = JSON.parse(text) as Listing
    if (Array.isArray(files)) return { page: new URL(response.url || page.href), files }
  } catch {
    // Told below.
  }
  return fail(
    'bad-file',
    `${page.href} is no JSON listing`,
    `this index is of an older kind (PEP 691 is needed): --index ${PUBLIC_INDEX}`,
  )
}

/**
 * The wheel of exactly this version for Linux x86-64.
 *
 * @param index address of the index, `…/simple`
 * @throws SelmaError `not-found` naming the versions there are; `io`; `bad-file` for a listing without a hash
 */
export async function findWheel(index: string, name: string, version: string): Promise<IndexFile> {
  const { page, files } = await filesOf(index, name)
  const stem = name.replaceAll('-', '_')
  const wheel = /^(\w+)-([^-]+)-(?:\d[^-]*-)?cp\d+-cp\w+-[\w.]*linux[\w.]*_x86_64\.whl$/
  const fitting = files.flatMap((file) => {
    const [, own, offered] = wheel.exec(file.filename ?? '') ?? []
    return own === stem ? [{ offered, file }] : []
  })
  const found = fitting.find(({ offered }) => offered === version)?.file
  if (!found) {
    const versions = [...new Set(fitting.map(({ offered }) => offered))].slice(-5)
    return fail(
      'not-found',
      `${page.href} has no ${name} ${version} for Linux x86-64`,
      versions.length > 0
        ? `it has ${versions.join(', ')}; only the very same version as ONNX Runtime's fits. Another index: --index URL`
        : 'another index: --index URL',
    )
  }
  const { filename, url, hashes, size } = found
  if (!filename || !url || !/^[0-9a-f]{64}$/.test(hashes?.sha256 ?? ''))
    return fail('bad-file', `${page.href} gives no sha256 of ${filename}`, 'another index: --index URL')
  return { name: filename, url: new URL(url, page).href, sha256: hashes!.sha256!, size }
}
