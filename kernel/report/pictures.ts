// Pictures that a notebook names, as `data:` URIs: attachments of a cell, and files beside the notebook. Nothing
// from outside that folder, and nothing from the network.
import { readFileSync, statSync } from 'node:fs'
import { extname } from 'node:path'
import { confine } from '../../lib/base/files.ts'
import { dataUri } from '../../lib/plots/index.ts'
import type { NotebookCell } from '../notebook.ts'

const types: Record<string, string> = {
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.gif': 'image/gif',
  '.webp': 'image/webp',
  '.svg': 'image/svg+xml',
}
const MAX_BYTES = 16 * 1024 * 1024

function attached(cell: NotebookCell, name: string): string | undefined {
  const bundle = (cell.attachments as Record<string, Record<string, unknown>> | undefined)?.[name] ?? {}
  const [mime, data] = Object.entries(bundle).find(([type]) => Object.values(types).includes(type)) ?? []
  if (!mime || typeof data !== 'string') return undefined
  return mime === 'image/svg+xml' ? dataUri(mime, data) : `data:${mime};base64,${data.replace(/\s/g, '')}`
}

/** Finds pictures for a cell of a notebook that lies in `folder`. */
export function pictureFinder(folder: string, cell: NotebookCell): (source: string) => string | undefined {
  return (source) => {
    try {
      if (/^data:image\/[\w.+-]+[;,]/i.test(source)) return source
      const name = decodeURIComponent(source)
      if (name.startsWith('attachment:')) return attached(cell, name.slice('attachment:'.length))
      const type = types[extname(name).toLowerCase()]
      if (!type || /^[a-z][\w+.-]*:/i.test(name)) return undefined
      const path = confine(folder, name)
      const info = statSync(path, { throwIfNoEntry: false })
      return info?.isFile() && info.size <= MAX_BYTES ? dataUri(type, readFileSync(path)) : undefined
    } catch {
      // A name that leaves the folder or cannot be read: the text stands in for the picture.
      return undefined
    }
  }
}
