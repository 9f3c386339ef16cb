// True pictures of embedded captions, as a dataset: the ceiling that self-made pictures are
// compared with. Not available for real models, whose captions nobody can render.
import { join } from 'node:path'
import { fail } from '../base/errors.ts'
import { sha256 } from '../base/files.ts'
import { Random } from '../base/random.ts'
import { readImageFolder } from '../data/imagefolder.ts'
import { ImageFolderWriter } from '../data/imagefolder-writer.ts'
import { encodePng } from '../formats/png.ts'
import { jobsRoot } from '../jobs/index.ts'
import { layout, parseCaption, render } from '../shapes/index.ts'
import { Dataset } from './images.ts'
import type { Prompts } from './prompts.ts'

/**
 * Renders each prompt's true picture.
 *
 * @param options.seed where things lie; default 42
 * @param options.root where jobs are kept
 * @throws SelmaError `bad-input` for a caption that the grammar cannot read
 */
export async function truePictures(
  from: Prompts,
  options: { seed?: number; root?: string } = {},
): Promise<Dataset> {
  const { seed = 42, root } = options
  if (from.length === 0) fail('bad-input', 'there are no prompts to draw')
  const texts = from.records.map(({ text }) => text)
  const folder = join(jobsRoot(root), '..', 'truth', sha256(JSON.stringify([texts, seed])).slice(0, 16))
  const known = await readImageFolder(folder).catch(() => undefined)
  if (known) return new Dataset(known.dir, known.records, 'true pictures')
  const writer = await ImageFolderWriter.open(folder)
  const random = new Random(seed).derive('truth')
  for (const [i, text] of texts.entries()) {
    const name = `${String(i).padStart(5, '0')}.png`
    if (writer.has(name)) continue
    const picture = render(layout(parseCaption(text), random.derive(i)))
    await writer.add(await encodePng(picture), {
      file_name: name,
      text,
      ...(from.records[i].skill === undefined ? {} : { skill: from.records[i].skill }),
    })
  }
  return new Dataset(writer.dir, await writer.finish(), 'true pictures')
}
