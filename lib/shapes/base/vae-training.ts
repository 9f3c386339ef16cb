// The graphs of the embedded VAE's training: pictures of the world through 8×8×8 latents and back.
// Noise on the latents makes the decoder forgiving; a light penalty keeps their scale tame and
// holds the encoder's log-variance at that noise.
import type { Random } from '../../base/random.ts'
import { Builder, type Weights } from '../../diffusion/builder.ts'
import { toPixels } from '../../diffusion/pixels.ts'
import { vaeDecode, vaeEncode } from '../../diffusion/vae.ts'
import { declaringWeights, parameterWeights } from '../../diffusion/weights.ts'
import type { Picture } from '../../formats/picture.ts'
import {
  add,
  type Feeds,
  Graph,
  l1Loss,
  mean,
  mseLoss,
  mul,
  ParameterLayout,
  type Program,
  square,
  sub,
  type Tensor,
  trainingProgram,
} from '../../runtime/index.ts'
import { layout as place } from '../layout.ts'
import { render } from '../render.ts'
import { sampleScene } from '../sample-scene.ts'
import { latentChannels, latentSide, latentSize, shapesVae, side } from './configs.ts'

/** Standard deviation of the noise that the decoder learns to bear. */
export const latentNoise = 0.1

/** How unlike two batches of pictures are. */
export const unlikeness = (drawn: Tensor, pictures: Tensor): Tensor =>
  add(mseLoss(drawn, pictures), mul(l1Loss(drawn, pictures), 0.1))

function vaeLoss(graph: Graph, weights: Weights, batch: number, size: number): Tensor {
  const pictures = graph.input('pictures', [batch, 3, size, size])
  const small = (size / side) * latentSide
  const noise = graph.input('noise', [batch, latentChannels, small, small])
  const builder = new Builder(graph, weights)
  const latents = vaeEncode(builder, shapesVae, pictures)
  const drawn = vaeDecode(builder, shapesVae, add(latents.mean, mul(noise, latentNoise)))
  const scale = mul(mean(square(latents.mean)), 1e-4)
  const variance = mul(mean(square(sub(latents.logVariance, 2 * Math.log(latentNoise)))), 1e-5)
  return add(unlikeness(drawn, pictures), add(scale, variance))
}

/** The VAE's parameters under diffusers' names. */
export function vaeLayout(): ParameterLayout {
  const layout = new ParameterLayout()
  const scratch = new Graph()
  vaeLoss(scratch, declaringWeights(scratch, layout), 1, side)
  return layout
}

/** One step on pictures, or on crops, of `size` × `size` pixels. */
export function vaeTrainingProgram(layout: ParameterLayout, batch: number, size: number): Program {
  return trainingProgram(
    layout,
    (graph, parameters) => vaeLoss(graph, parameterWeights(parameters), batch, size),
    {
      optimizer: { name: 'adamw', weightDecay: 1e-4 },
      maxGradNorm: 1,
      ema: true,
    },
  )
}

/** A square of the picture around one of its objects, on the grid of the latents. */
function crop(picture: Picture, center: { x: number; y: number }, size: number): Picture {
  const step = side / latentSide
  const corner = (at: number) => Math.min(side - size, Math.max(0, Math.round((at - size / 2) / step) * step))
  const [left, top] = [corner(center.x), corner(center.y)]
  const data = new Uint8Array(size * size * 3)
  for (let row = 0; row < size; row++) {
    const from = ((top + row) * picture.width + left) * 3
    data.set(picture.data.subarray(from, from + size * 3), row * size * 3)
  }
  return { width: size, height: size, data }
}

/** One batch of training scenes' pictures, whole or cropped around an object (most of a picture is background), and noise. */
export function vaeBatch(random: Random, batch: number, size: number): Feeds {
  const pictures = new Float32Array(batch * 3 * size * size)
  for (let i = 0; i < batch; i++) {
    const placed = place(sampleScene(random, { split: 'train' }), random)
    const picture = render(placed)
    toPixels(size === side ? picture : crop(picture, random.pick(placed.objects), size), pictures, i)
  }
  return { pictures, noise: random.normals((batch * latentSize * size * size) / side ** 2) }
}
