// Gradients of every weight against PyTorch: the VAE, UNet with text encoder, and the other UNet.
import { describe, expect, it } from 'vitest'
import { Builder } from '../../lib/diffusion/builder.ts'
import { clipText } from '../../lib/diffusion/clip-text.ts'
import { NoiseSchedule, schedulerConfig } from '../../lib/diffusion/schedulers/noise-schedule.ts'
import { unet } from '../../lib/diffusion/unet.ts'
import { vaeDecode, vaeEncode } from '../../lib/diffusion/vae.ts'
import {
  add,
  exp,
  type Feeds,
  LocalSession,
  mean,
  mseLoss,
  mul,
  square,
  sub,
  sum,
} from '../../lib/runtime/index.ts'
import { expectClose, Golden } from '../support/golden.ts'
import { runGraph } from '../support/run-graph.ts'
import {
  type FullTraining,
  frozen,
  fullTraining,
  tinyLinearUNet,
  tinyText,
  tinyUNet,
  tinyVae,
} from '../support/tiny-models.ts'

// The rule of the project; float32 itself is within 7e-6 of float64 here.
const LIMIT = 1e-4

/** Runs a step and splits what comes out into outputs and gradients, both by name. */
async function run({ program, flat, layout }: FullTraining, feeds: Feeds) {
  const session = await LocalSession.create(program, { threads: 1 })
  await session.setState('parameters', flat)
  const results = await session.run(feeds)
  await session.release()
  const starting = (head: string) =>
    Object.fromEntries(
      Object.entries(results as Record<string, Float32Array>)
        .filter(([name]) => name.startsWith(head))
        .map(([name, value]) => [name.slice(head.length), value]),
    )
  const found = { outputs: starting('out.'), gradients: starting('gradient.') }
  for (const { name } of layout.specs) expect(found.gradients).toHaveProperty([name])
  return found
}

describe('the VAE', () => {
  const golden = new Golden('vae-training')

  it('loss, reconstruction and every gradient', async () => {
    const training = fullTraining({ '': 'tiny-sd/vae' }, (graph, weights) => {
      const b = new Builder(graph, weights(''))
      const pixels = graph.input('pixels', golden.shape('pixels'))
      const posterior = vaeEncode(b, tinyVae, pixels)
      const spread = exp(mul(posterior.logVariance, 0.5))
      const noise = graph.input('posterior_noise', golden.shape('posterior_noise'))
      const latents = add(posterior.mean, mul(spread, noise))
      const reconstruction = vaeDecode(b, tinyVae, latents)
      const mse = mseLoss(reconstruction, pixels)
      const { mean: center, logVariance } = posterior
      const terms = sub(add(square(center), exp(logVariance)), add(logVariance, 1))
      const kl = mean(mul(sum(terms, [1, 2, 3]), 0.5))
      return { latents, reconstruction, mse, kl, loss: add(mse, mul(kl, 1e-6)) }
    })
    const { outputs, gradients } = await run(training, {
      pixels: golden.floats('pixels'),
      posterior_noise: golden.floats('posterior_noise'),
    })
    expectClose(outputs, (name) => golden.numbers(name), 1e-5)
    expect(Object.keys(gradients).sort()).toEqual(
      golden
        .names('grad.')
        .map((name) => name.slice(5))
        .sort(),
    )
    expectClose(gradients, (name) => golden.numbers(`grad.${name}`), LIMIT)
  })
})

describe('UNet and text encoder together', () => {
  const golden = new Golden('training')
  const schedule = new NoiseSchedule(
    schedulerConfig.parse({ beta_start: 0.00085, beta_end: 0.012, beta_schedule: 'scaled_linear' }),
  )

  it.each([false, true])('loss, states and every gradient; checkpointing %s', async (checkpointing) => {
    const { mean: center, logvar } = await runGraph(
      (graph) => {
        const pixels = graph.input('pixels', golden.shape('pixels'))
        const { mean, logVariance } = vaeEncode(frozen(graph, 'tiny-sd/vae'), tinyVae, pixels)
        return { mean, logvar: logVariance }
      },
      { pixels: golden.floats('pixels') },
    )
    const drawn = golden.floats('posterior_noise')
    const latents = center.map(
      (value, i) => (value + Math.exp(logvar[i] / 2) * drawn[i]) * tinyVae.scaling_factor,
    )
    const noise = golden.floats('noise')
    const noisy = schedule.addNoise(latents, noise, golden.numbers('timesteps'))
    expectClose({ latents, noisy }, (name) => golden.numbers(name), 1e-5)

    const training = fullTraining(
      { 'unet.': 'tiny-sd/unet', 'text_encoder.': 'tiny-sd/text_encoder' },
      (graph, weights) => {
        const ids = graph.input('ids', golden.shape('ids'), 'int64')
        const text = clipText(new Builder(graph, weights('text_encoder.')), tinyText, ids).lastHiddenState()
        const inputs = {
          sample: graph.input('sample', golden.shape('noisy')),
          timesteps: graph.input('timesteps', [2]),
          text,
        }
        const prediction = unet(new Builder(graph, weights('unet.')), tinyUNet, inputs, { checkpointing })
        return { text, prediction, loss: mseLoss(prediction, graph.input('target', golden.shape('noise'))) }
      },
    )
    const { outputs, gradients } = await run(training, {
      ids: golden.ids('ids'),
      sample: noisy,
      timesteps: golden.floats('timesteps'),
      target: noise,
    })
    expectClose(outputs, (name) => golden.numbers(name), 1e-5)
    const named = Object.fromEntries(
      Object.entries(gradients).map(([name, value]) => [
        name.replace('text_encoder.text_model.', 'text_encoder.'),
        value,
      ]),
    )
    expect(Object.keys(named).sort()).toEqual(
      golden
        .names('grad.')
        .map((name) => name.slice(5))
        .sort(),
    )
    expectClose(named, (name) => golden.numbers(`grad.${name}`), LIMIT)
  })
})

describe('the UNet with linear projections', () => {
  const golden = new Golden('unet-linear-training')

  it('gradients to inputs, and a summary of every weight', async () => {
    const inputs = ['sample', 'encoder_hidden_states']
    const training = fullTraining(
      { '': 'tiny-unet-linear' },
      (graph, weights) => {
        const [sample, text] = inputs.map((name) => graph.input(name, golden.shape(name)))
        const timesteps = graph.input('timesteps', [2])
        const prediction = unet(new Builder(graph, weights('')), tinyLinearUNet, { sample, timesteps, text })
        return { loss: mseLoss(prediction, graph.input('target', golden.shape('target'))) }
      },
      inputs,
    )
    const feeds = Object.fromEntries(
      [...inputs, 'timesteps', 'target'].map((name) => [name, golden.floats(name)]),
    )
    const { outputs, gradients } = await run(training, feeds)
    expectClose(outputs, (name) => golden.numbers(name), 1e-5)
    const whole = Object.fromEntries(inputs.map((name) => [name, gradients[name]]))
    expectClose(whole, (name) => golden.numbers(`grad.${name}`), LIMIT)
    const parameters = golden.names('summary.').map((name) => name.slice(8))
    expect(training.layout.specs.map((spec) => spec.name).sort()).toEqual(parameters.sort())
    for (const name of parameters) {
      const [norm, product] = golden.numbers(`summary.${name}`)
      const gradient = gradients[name]
      const along = gradient.reduce((total, value, i) => total + value * Math.sin(0.7 * i + 0.3), 0)
      expect(Math.abs(Math.hypot(...gradient) - norm), name).toBeLessThanOrEqual(LIMIT * norm + 1e-6)
      expect(Math.abs(along - product), name).toBeLessThanOrEqual(LIMIT * norm + 1e-6)
    }
  })
})
