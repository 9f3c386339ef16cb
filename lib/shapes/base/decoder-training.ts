// The last part of the embedded VAE's training: the decoder alone, on latents that are further off than any
// encoder's. A denoiser in training leaves latents between two colours or two shapes; a decoder that has
// seen such latents settles for one of them. The encoder, and so the latents, stay as they are.
import type { Random } from '../../base/random.ts'
import { Builder } from '../../diffusion/builder.ts'
import { toPixels } from '../../diffusion/pixels.ts'
import { vaeDecode } from '../../diffusion/vae.ts'
import { declaringWeights, parameterWeights } from '../../diffusion/weights.ts'
import { type Feeds, Graph, ParameterLayout, type Program, trainingProgram } from '../../runtime/index.ts'
import { latentChannels, latentSide, latentSize, shapesVae, side } from './configs.ts'
import { trainingPicture } from './latents.ts'
import { unlikeness } from './vae-training.ts'

/** Noise is drawn up to this standard deviation, in units of the latents' own. */
export const decoderNoise = 0.5

/** The decoder's parameters under diffusers' names. */
export function decoderLayout(): ParameterLayout {
  const layout = new ParameterLayout()
  const scratch = new Graph()
  const latents = scratch.input('latents', [1, latentChannels, latentSide, latentSide])
  vaeDecode(new Builder(scratch, declaringWeights(scratch, layout)), shapesVae, latents)
  return layout
}

/** One step from latents [batch, 8, 8, 8], unscaled, to pictures. */
export function decoderTrainingProgram(layout: ParameterLayout, batch: number): Program {
  return trainingProgram(
    layout,
    (graph, parameters) => {
      const pictures = graph.input('pictures', [batch, 3, side, side])
      const latents = graph.input('latents', [batch, latentChannels, latentSide, latentSide])
      const drawn = vaeDecode(new Builder(graph, parameterWeights(parameters)), shapesVae, latents)
      return unlikeness(drawn, pictures)
    },
    { optimizer: { name: 'adamw', weightDecay: 1e-4 }, maxGradNorm: 1, ema: true },
  )
}

export interface DecoderBatch {
  batch: number
  /** Latents of the training pictures, scaled to standard deviation 1. */
  latents: Float32Array
  scalingFactor: number
  /** The stream that the training pictures were drawn from. */
  pictures: Random
}

/** Training pictures and their latents, each with a noise level of its own. */
export function decoderBatch(
  random: Random,
  { batch, latents, scalingFactor, pictures: source }: DecoderBatch,
): Feeds {
  const pictures = new Float32Array(batch * 3 * side * side)
  const noisy = new Float32Array(batch * latentSize)
  for (let i = 0; i < batch; i++) {
    const index = random.int(0, latents.length / latentSize - 1)
    toPixels(trainingPicture(source, index), pictures, i)
    const level = decoderNoise * random.float()
    const noise = random.normals(latentSize)
    for (let j = 0; j < latentSize; j++)
      noisy[i * latentSize + j] = (latents[index * latentSize + j] + level * noise[j]) / scalingFactor
  }
  return { pictures, latents: noisy }
}

/** Copies the values of `from`'s parameters into those of the same names in `to`. */
export function copyParameters(
  from: { layout: ParameterLayout; flat: Float32Array },
  to: { layout: ParameterLayout; flat: Float32Array },
): Float32Array {
  return to.layout.pack((spec) => {
    const source = from.layout.get(spec.name)
    return source ? from.layout.view(from.flat, source) : to.layout.view(to.flat, spec)
  })
}
