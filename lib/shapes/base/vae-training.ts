// The graphs of the embedded VAE's training: pictures of the world through 8×8×8 latents and back.
// Noise on the latents makes the decoder forgiving; a light penalty keeps their scale tame and
// holds the encoder's log-variance at that noise.
import type { Random } from '../../base/random.ts'
import { Builder, type Weights } from '../../diffusion/builder.ts'
import { toPixels } from '../../diffusion/pixels.ts'
import { vaeDecode, vaeEncode } from '../../diffusion/vae.ts'
import { declaringWeights, parameterWeights } from '../../diffusion/weights.ts'
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

function vaeLoss(graph: Graph, weights: Weights, batch: number): Tensor {
  const pictures = graph.input('pictures', [batch, 3, side, side])
  const noise = graph.input('noise', [batch, latentChannels, latentSide, latentSide])
  const builder = new Builder(graph, weights)
  const latents = vaeEncode(builder, shapesVae, pictures)
  const drawn = vaeDecode(builder, shapesVae, add(latents.mean, mul(noise, latentNoise)))
  const likeness = add(mseLoss(drawn, pictures), mul(l1Loss(drawn, pictures), 0.1))
  const scale = mul(mean(square(latents.mean)), 1e-4)
  const variance = mul(mean(square(sub(latents.logVariance, 2 * Math.log(latentNoise)))), 1e-5)
  return add(likeness, add(scale, variance))
}

/** The VAE's parameters under diffusers' names. */
export function vaeLayout(): ParameterLayout {
  const layout = new ParameterLayout()
  const scratch = new Graph()
  vaeLoss(scratch, declaringWeights(scratch, layout), 1)
  return layout
}

export function vaeTrainingProgram(layout: ParameterLayout, batch: number): Program {
  return trainingProgram(layout, (graph, parameters) => vaeLoss(graph, parameterWeights(parameters), batch), {
    optimizer: { name: 'adamw', weightDecay: 1e-4 },
    maxGradNorm: 1,
    ema: true,
  })
}

/** One batch of pictures of training scenes, and noise. */
export function vaeBatch(random: Random, batch: number): Feeds {
  const pictures = new Float32Array(batch * 3 * side * side)
  for (let i = 0; i < batch; i++)
    toPixels(render(place(sampleScene(random, { split: 'train' }), random)), pictures, i)
  return { pictures, noise: random.normals(batch * latentSize) }
}
