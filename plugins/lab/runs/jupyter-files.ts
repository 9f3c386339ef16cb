// The files of jobs through Jupyter's contents service. The contents service has no way to read only the end of a
// file, but the server's download address, which it names, has: events.jsonl may be long.
import { PathExt } from '@jupyterlab/coreutils'
import { type Contents, ServerConnection } from '@jupyterlab/services'
import type { FileEntry, JobFiles, ReadText } from '../jobs/files.ts'

const status = (error: unknown): number | undefined =>
  error instanceof ServerConnection.ResponseError ? error.response.status : undefined

/** Not there; and what a server that hides folders with a dot answers. */
const isMissing = (error: unknown): boolean => status(error) === 404

export class JupyterFiles implements JobFiles {
  readonly #contents: Contents.IManager
  readonly #settings: ServerConnection.ISettings

  constructor(contents: Contents.IManager, settings: ServerConnection.ISettings) {
    this.#contents = contents
    this.#settings = settings
  }

  async list(folder: string): Promise<FileEntry[] | undefined> {
    const model = await this.#contents.get(folder, { type: 'directory', content: true }).catch((error) => {
      if (isMissing(error) || status(error) === 400) return undefined
      throw error
    })
    if (!model) return undefined
    return (model.content as Contents.IModel[]).map(({ name, type, size, last_modified }) => ({
      name,
      folder: type === 'directory',
      size: size ?? undefined,
      modified: Date.parse(last_modified),
    }))
  }

  async read(path: string, { last }: { last?: number } = {}): Promise<ReadText | undefined> {
    const url = await this.#contents.getDownloadUrl(path)
    const headers = last === undefined ? undefined : { Range: `bytes=-${last}` }
    const answer = await ServerConnection.makeRequest(url, { headers, cache: 'no-store' }, this.#settings)
    if (answer.status === 404) return undefined
    // An empty file has no last bytes.
    if (answer.status === 416) return { text: '', whole: true }
    if (!answer.ok) throw new ServerConnection.ResponseError(answer)
    const serverTime = Date.parse(answer.headers.get('Date') ?? '')
    const text = await answer.text()
    return {
      text: last === undefined ? text : text.slice(-last),
      whole: answer.status !== 206,
      ...(Number.isFinite(serverTime) && { serverTime }),
    }
  }

  async write(path: string, text: string): Promise<void> {
    await this.#contents.save(path, { type: 'file', format: 'text', content: text })
  }

  async remove(folder: string): Promise<void> {
    try {
      await this.#contents.delete(folder)
    } catch (error) {
      // A server without a trash deletes no folder that has something in it.
      if (status(error) !== 400) throw error
      const aside = `${folder}.${Date.now().toString(36)}.tmp`
      // Out of the way at once: half a job must not look like one.
      await this.#contents.rename(folder, aside)
      await this.#empty(aside)
    }
  }

  async #empty(folder: string): Promise<void> {
    for (const { name, folder: isFolder } of (await this.list(folder)) ?? []) {
      const path = PathExt.join(folder, name)
      if (isFolder) await this.#empty(path)
      else await this.#contents.delete(path)
    }
    await this.#contents.delete(folder)
  }
}
