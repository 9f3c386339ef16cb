// The graph that trains the embedded model's UNet and text encoder together, as Stable Diffusion
// was pre-trained: latents, captions, v-prediction. Which captions (clean or noisy) is the caller's.
import { Builder, type Weights } from '../../diffusion/builder.ts'
import { clipText } from '../../diffusion/clip-text.ts'
import { unet } from '../../diffusion/unet.ts'
import { declaringWeights, parameterWeights } from '../../diffusion/weights.ts'
import {
  Graph,
  mseLoss,
  ParameterLayout,
  type Program,
  type Tensor,
  trainingProgram,
} from '../../runtime/index.ts'
import { captionLength, latentChannels, latentSide, shapesText, shapesUNet } from './configs.ts'

type Scoped = (prefix: string) => Weights

function denoiserLoss(graph: Graph, weights: Scoped, batch: number, vocabulary: number): Tensor {
  const latents = [batch, latentChannels, latentSide, latentSide]
  const ids = graph.input('ids', [batch, captionLength], 'int64')
  const sample = graph.input('sample', latents)
  const target = graph.input('target', latents)
  const timesteps = graph.input('timesteps', [batch])
  const text = clipText(
    new Builder(graph, weights('text_encoder.')),
    shapesText(vocabulary),
    ids,
  ).lastHiddenState()
  return mseLoss(unet(new Builder(graph, weights('unet.')), shapesUNet, { sample, timesteps, text }), target)
}

/** Parameters of both models, under `unet.` and `text_encoder.`. */
export function denoiserLayout(vocabulary: number): ParameterLayout {
  const layout = new ParameterLayout()
  const scratch = new Graph()
  const known = new Map<string, Weights>()
  denoiserLoss(
    scratch,
    (prefix) => {
      const weights = known.get(prefix) ?? declaringWeights(scratch, layout, prefix)
      known.set(prefix, weights)
      return weights
    },
    1,
    vocabulary,
  )
  return layout
}

/** AdamW without weight decay to speak of, clipped at 1, with a moving average. */
export function denoiserTrainingProgram(layout: ParameterLayout, batch: number, vocabulary: number): Program {
  return trainingProgram(
    layout,
    (graph, parameters) =>
      denoiserLoss(graph, (prefix) => parameterWeights(parameters, prefix), batch, vocabulary),
    { optimizer: { name: 'adamw', weightDecay: 1e-3 }, maxGradNorm: 1, ema: true },
  )
}
