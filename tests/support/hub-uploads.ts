// The uploading half of the Hub on the loopback: making a repository, asking how to send which file, sending
// big files to the storage, and the commit.
import type { IncomingMessage } from 'node:http'
import type { HubServer } from './hub-server.ts'

/** Answers with JSON. */
export type Json = (value: unknown, headers?: Record<string, string>, status?: number) => unknown

export function createRepo(server: HubServer, request: IncomingMessage, json: Json, body: Buffer): unknown {
  const { organization, name, visibility } = JSON.parse(body.toString()) as Record<string, string>
  if (request.headers.authorization !== `Bearer ${server.token}`) return json({ error: 'no' }, {}, 401)
  const id = `${organization}/${name}`
  if (server.repos.has(id)) return json({ error: 'You already created this model repo' }, {}, 409)
  server.add(id, {}, { private: visibility === 'private' })
  return json({ url: `${server.endpoint}/${id}`, id: '1' })
}

export function upload(
  server: HubServer,
  name: string,
  rest: string,
  login: boolean,
  json: Json,
  body: Buffer,
): unknown {
  if (!login) return json({ error: 'a write token is needed' }, {}, 403)
  const repo = server.repos.get(name)!
  repo.branches ??= new Map([['main', repo.files]])
  const [, made] = /^branch\/(.+)$/.exec(rest) ?? []
  if (made !== undefined) {
    if (repo.branches.has(made)) return json({ error: 'Reference already exists' }, {}, 409)
    repo.branches.set(made, new Map(repo.files))
    return json({})
  }
  const [, action, branch] = /^(preupload|commit)\/(.+)$/.exec(rest) ?? []
  if (action && !repo.branches.has(branch)) return json({ error: 'Invalid rev id' }, {}, 404)
  if (action === 'preupload') {
    const { files } = JSON.parse(body.toString()) as { files: { path: string }[] }
    return json({
      files: files.map(({ path }) => ({ path, uploadMode: server.lfs.test(path) ? 'lfs' : 'regular' })),
    })
  }
  if (rest === 'info/lfs/objects/batch') {
    const { objects } = JSON.parse(body.toString()) as { objects: { oid: string; size: number }[] }
    return json({
      transfer: 'basic',
      objects: objects.map(({ oid, size }) => ({
        oid,
        size,
        ...(server.stored.has(oid)
          ? {}
          : { actions: { upload: { href: `${server.storage}/objects/${oid}` } } }),
      })),
    })
  }
  if (action !== 'commit') return json({ error: 'unknown' }, {}, 404)
  const files = repo.branches.get(branch)!
  for (const line of body.toString().trim().split('\n')) {
    const { key, value } = JSON.parse(line) as { key: string; value: Record<string, string> }
    if (key === 'file') files.set(value.path, { bytes: Buffer.from(value.content, 'base64'), lfs: false })
    if (key === 'lfsFile') files.set(value.path, { bytes: server.stored.get(value.oid)!, lfs: true })
  }
  return json({
    commitOid: 'c'.repeat(40),
    commitUrl: `${server.endpoint}/${name}/commit/${'c'.repeat(40)}`,
    hookOutput: '',
  })
}
