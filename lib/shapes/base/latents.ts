// Latents of many training pictures, drawn and encoded once and kept in one flat file. Scenes are
// not kept: picture i is drawn from stream i, so they are drawn again when captions are wanted.
import { open, stat } from 'node:fs/promises'
import { Random } from '../../base/random.ts'
import { Builder } from '../../diffusion/builder.ts'
import { toPixels } from '../../diffusion/pixels.ts'
import { vaeEncode } from '../../diffusion/vae.ts'
import { parameterWeights } from '../../diffusion/weights.ts'
import type { Picture } from '../../formats/picture.ts'
import { compile, Graph, LocalSession, type ParameterLayout, unpackParameters } from '../../runtime/index.ts'
import { layout as place } from '../layout.ts'
import { render } from '../render.ts'
import { sampleScene } from '../sample-scene.ts'
import type { Scene } from '../scene.ts'
import { latentSize, shapesVae, side } from './configs.ts'

/** The stream that training pictures are drawn from. */
export const pictureStream = (seed: number): Random => new Random(seed).derive('shapes', 'pictures')

/** The scene of training picture `index`. */
export const trainingScene = (random: Random, index: number): Scene =>
  sampleScene(random.derive('scene', index), { split: 'train' })

/** Training picture `index`, of its scene. */
export const trainingPicture = (random: Random, index: number): Picture =>
  render(place(trainingScene(random, index), random.derive('layout', index)))

/**
 * Encodes pictures 0 to `count` into `path`: float32 [count, 8, 8, 8], the means, unscaled. A file begun before goes
 * on where it ended.
 */
export async function encodeTrainingPictures(
  path: string,
  options: {
    layout: ParameterLayout
    vae: Float32Array
    random: Random
    count: number
    onProgress?: (done: number) => void
  },
): Promise<void> {
  const { layout, vae, random, count, onProgress } = options
  const batch = 64
  const graph = new Graph()
  const flat = graph.variable('parameters', [layout.length])
  const pictures = graph.input('pictures', [batch, 3, side, side])
  const weights = parameterWeights(unpackParameters(layout, flat))
  graph.output('latents', vaeEncode(new Builder(graph, weights), shapesVae, pictures).mean)
  const session = await LocalSession.create(compile(graph))
  await session.setState('parameters', vae)
  const bytes = latentSize * 4
  const known = await stat(path).then(
    (file) => Math.floor(file.size / bytes / batch) * batch,
    () => 0,
  )
  const file = await open(path, known > 0 ? 'r+' : 'w')
  try {
    for (let start = known; start < count; start += batch) {
      const pixels = new Float32Array(batch * 3 * side * side)
      for (let i = 0; i < batch; i++) toPixels(trainingPicture(random, start + i), pixels, i)
      const { latents } = await session.run({ pictures: pixels })
      await file.write(
        new Uint8Array((latents as Float32Array).buffer, latents.byteOffset, latents.byteLength),
        0,
        undefined,
        start * bytes,
      )
      onProgress?.(start + batch)
    }
  } finally {
    await file.close()
    await session.release()
  }
}
