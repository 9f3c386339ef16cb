// A Hub on the loopback: the protocol of huggingface.co as far as downloads and uploads go, and a storage
// server on another origin, where big files really are. Both can be told to misbehave.
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { createRepo, type Json, upload } from './hub-uploads.ts'

export interface Seen {
  method: string
  path: string
  /** `storage` for the other origin. */
  host: 'hub' | 'storage'
  authorization: string | undefined
  range: string | undefined
}

/** What goes wrong with requests whose path holds `path`. */
export interface Fault {
  path: string
  /** How often; default always. */
  times?: number
  /** Answer with this status and these headers. */
  status?: number
  headers?: Record<string, string>
  body?: string
  /** Close the connection after so many bytes of the body. */
  cutAfter?: number
  /** Send so many bytes of the body, and then nothing more. */
  hangAfter?: number
  /** Send this in place of the content. */
  content?: Uint8Array
  /** Answer a range with the whole file. */
  ignoreRange?: boolean
}

interface Repo {
  commit: string
  files: Map<string, { bytes: Uint8Array; lfs: boolean }>
  /** Files of each branch that was uploaded to; `files` are main's. */
  branches?: Map<string, Repo['files']>
  gated?: boolean
  private?: boolean
  /** Replaces the listing. */
  listing?: unknown
}

export const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
export const gitOid = (bytes: Uint8Array): string =>
  createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex')

export class HubServer {
  readonly seen: Seen[] = []
  readonly faults: Fault[] = []
  readonly repos = new Map<string, Repo>()
  /** Uploaded big files, by SHA-256. */
  readonly stored = new Map<string, Uint8Array>()
  /** Body bytes sent, by path. */
  readonly sent = new Map<string, number>()
  /** The one token that is accepted. */
  token = 'hf_right'
  pageSize = 1000
  /** Files with these endings are big files. */
  lfs = /\.(safetensors|bin|png)$/
  readonly #hub: Server
  readonly #storage: Server

  private constructor() {
    this.#hub = createServer((request, response) => this.#answer('hub', request, response))
    this.#storage = createServer((request, response) => this.#answer('storage', request, response))
  }

  static async start(): Promise<HubServer> {
    const server = new HubServer()
    const both = [server.#hub, server.#storage]
    await Promise.all(both.map((one) => new Promise<void>((done) => one.listen(0, '127.0.0.1', done))))
    onTestFinished(() => {
      for (const one of both) {
        one.closeAllConnections()
        one.close()
      }
    })
    return server
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#hub.address() as AddressInfo).port}`
  }

  get storage(): string {
    return `http://127.0.0.1:${(this.#storage.address() as AddressInfo).port}`
  }

  /** Nobody answers any more. */
  stop(): void {
    for (const one of [this.#hub, this.#storage]) {
      one.closeAllConnections()
      one.close()
    }
  }

  add(name: string, files: Record<string, Uint8Array | string>, extra: Partial<Repo> = {}): Repo {
    const repo: Repo = {
      commit: createHash('sha1')
        .update(`${name}${Object.keys(files)}`)
        .digest('hex'),
      files: new Map(
        Object.entries(files).map(([path, content]) => [
          path,
          { bytes: typeof content === 'string' ? Buffer.from(content) : content, lfs: this.lfs.test(path) },
        ]),
      ),
      ...extra,
    }
    this.repos.set(name, repo)
    return repo
  }

  /** Requests whose path holds a text. */
  requests(path: string): Seen[] {
    return this.seen.filter((request) => request.path.includes(path))
  }

  #fault(path: string): Fault | undefined {
    const fault = this.faults.find((one) => path.includes(one.path) && (one.times ?? 1) > 0)
    if (fault?.times !== undefined) fault.times--
    return fault
  }

  async #answer(host: 'hub' | 'storage', request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = decodeURIComponent(request.url ?? '')
    const { authorization, range } = request.headers
    this.seen.push({ method: request.method ?? '', path, host, authorization, range })
    const body: Buffer[] = []
    for await (const chunk of request) body.push(chunk as Buffer)
    const fault = this.#fault(path)
    if (fault?.status !== undefined) {
      response.writeHead(fault.status, { 'content-type': 'text/plain', ...fault.headers })
      response.end(fault.body ?? '')
    } else if (host === 'storage') this.#store(request, response, path, Buffer.concat(body), fault)
    else this.#hubAnswer(request, response, path, Buffer.concat(body), fault)
  }

  #hubAnswer(
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    body: Buffer,
    fault: Fault | undefined,
  ): unknown {
    const json: Json = (value, headers = {}, status = 200) =>
      response
        .writeHead(status, { 'content-type': 'application/json', ...headers })
        .end(JSON.stringify(value))
    const refuse = (status: number, code: string): unknown =>
      json({ error: `${code}.` }, { 'x-error-code': code }, status)
    if (path === '/api/repos/create') return createRepo(this, request, json, body)
    const named = /^\/(?:api\/models\/)?([\w.-]+\/[\w.-]+?)(?:\.git)?\/(.*)$/.exec(path)
    const repo = named && this.repos.get(named[1])
    const login = request.headers.authorization === `Bearer ${this.token}`
    if (request.headers.authorization && !login) return json({ error: 'Invalid credentials' }, {}, 401)
    if (!repo || (repo.private && !login)) return refuse(login ? 404 : 401, 'RepoNotFound')
    const rest = named[2]
    const [, what, revision] = /^(revision|tree|resolve)\/([^/?]+)/.exec(rest) ?? []
    if (what && revision !== 'main' && revision !== repo.commit) return refuse(404, 'RevisionNotFound')
    if (what === 'revision') return json({ _id: '1', id: named[1], sha: repo.commit })
    if (what === 'tree') return this.#tree(named[1], repo, new URL(path, this.endpoint), json)
    if (what === 'resolve') {
      if (repo.gated && !login) return refuse(401, 'GatedRepo')
      return this.#resolve(request, response, repo, rest.split('/').slice(2).join('/'), path, fault, refuse)
    }
    return upload(this, named[1], rest, login, json, body)
  }

  #tree(
    name: string,
    repo: Repo,
    url: URL,
    json: (value: unknown, headers?: Record<string, string>) => unknown,
  ): unknown {
    const entries = repo.listing ?? [
      { type: 'directory', path: 'folder', oid: '0'.repeat(40), size: 0 },
      ...[...repo.files].map(([path, { bytes, lfs }]) => ({
        type: 'file',
        path,
        size: bytes.length,
        ...(lfs
          ? {
              oid: gitOid(Buffer.from('pointer')),
              lfs: { oid: sha256Of(bytes), size: bytes.length, pointerSize: 7 },
            }
          : { oid: gitOid(bytes) }),
      })),
    ]
    if (!Array.isArray(entries)) return json(entries)
    const from = Number(url.searchParams.get('cursor') ?? 0)
    const next = from + this.pageSize
    const link = `<${this.endpoint}/api/models/${name}/tree/${repo.commit}?recursive=true&cursor=${next}>; rel="next"`
    json(entries.slice(from, next), next < entries.length ? { link } : {})
  }

  #resolve(
    request: IncomingMessage,
    response: ServerResponse,
    repo: Repo,
    name: string,
    path: string,
    fault: Fault | undefined,
    refuse: (status: number, code: string) => unknown,
  ): unknown {
    const file = repo.files.get(name)
    if (!file) return refuse(404, 'EntryNotFound')
    const { bytes, lfs } = file
    const common = { 'x-repo-commit': repo.commit, 'accept-ranges': 'bytes' }
    if (!lfs)
      return this.#send(request, response, bytes, path, fault, { ...common, etag: `"${gitOid(bytes)}"` })
    const sha = sha256Of(bytes)
    this.stored.set(sha, bytes)
    response
      .writeHead(302, {
        ...common,
        etag: `"${sha}"`,
        'x-linked-etag': `"${sha}"`,
        'x-linked-size': String(bytes.length),
        location: `${this.storage}/objects/${sha}?name=${encodeURIComponent(name)}&signature=secret`,
      })
      .end()
  }

  #store(
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    body: Buffer,
    fault: Fault | undefined,
  ): unknown {
    const sha = /^\/objects\/([0-9a-f]{64})/.exec(path)?.[1] ?? ''
    if (request.method === 'PUT') {
      if (sha256Of(body) !== sha) return response.writeHead(400).end()
      this.stored.set(sha, body)
      return response.writeHead(200, { etag: '"stored"' }).end()
    }
    const bytes = this.stored.get(sha)
    if (!bytes) return response.writeHead(404).end()
    this.#send(request, response, bytes, path, fault, { 'accept-ranges': 'bytes', etag: '"storage-1"' })
  }

  /** A body, or a range of it, as far as the fault lets it. */
  #send(
    request: IncomingMessage,
    response: ServerResponse,
    content: Uint8Array,
    path: string,
    fault: Fault | undefined,
    headers: Record<string, string>,
  ): unknown {
    const bytes = fault?.content ?? content
    const asked = fault?.ignoreRange ? null : /^bytes=(\d+)-$/.exec(request.headers.range ?? '')
    const start = asked ? Number(asked[1]) : 0
    if (asked && start >= bytes.length)
      return response.writeHead(416, { 'content-range': `bytes */${bytes.length}` }).end()
    const part = bytes.subarray(start)
    response.writeHead(asked ? 206 : 200, {
      ...headers,
      'content-length': String(part.length),
      ...(asked ? { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` } : {}),
    })
    const most = Math.min(fault?.cutAfter ?? part.length, fault?.hangAfter ?? part.length, part.length)
    this.sent.set(path, (this.sent.get(path) ?? 0) + (request.method === 'HEAD' ? 0 : most))
    if (most === part.length) return response.end(part)
    response.write(part.subarray(0, most), () => {
      if (fault?.cutAfter !== undefined) setTimeout(() => response.destroy(), 20)
    })
  }
}
