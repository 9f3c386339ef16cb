// The embedded model before it has learned anything: names, shapes, first values, files, first steps.
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Random } from '../../../lib/base/random.ts'
import { TextToImagePipeline } from '../../../lib/diffusion/pipeline.ts'
import { readSafetensorsHeaderSync } from '../../../lib/formats/safetensors.ts'
import { type ParameterLayout, Trainer } from '../../../lib/runtime/index.ts'
import { captionLength, latentSize } from '../../../lib/shapes/base/configs.ts'
import { denoiserLayout, denoiserTrainingProgram } from '../../../lib/shapes/base/denoiser-training.ts'
import { exportPipeline, exportVae } from '../../../lib/shapes/base/export.ts'
import { initialWeights } from '../../../lib/shapes/base/initial-weights.ts'
import { vaeBatch, vaeLayout, vaeTrainingProgram } from '../../../lib/shapes/base/vae-training.ts'
import { clipVocabulary } from '../../../lib/shapes/base/vocabulary.ts'
import { temporaryFolder } from '../../support/temporary.ts'
import { weightsPath } from '../../support/tiny-models.ts'

const words = ['a', 'red', 'square']
const { vocab, merges } = clipVocabulary(words)
const vocabulary = Object.keys(vocab).length
const denoiser = denoiserLayout(vocabulary)
const vae = vaeLayout()
const random = new Random('models')

const namesOf = (layout: ParameterLayout, prefix = ''): string[] =>
  layout.specs
    .filter(({ name }) => name.startsWith(prefix))
    .map(({ name }) => name.slice(prefix.length))
    .sort()
const golden = (folder: string): string[] =>
  [...readSafetensorsHeaderSync(weightsPath(folder)).tensors.keys()].sort()
const shapeOf = (layout: ParameterLayout, name: string) => layout.get(name)?.shape
const mean = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((sum, value) => sum + value, 0) / values.length
// A comparison of millions of numbers that vitest need not print.
const same = (a: Float32Array, b: Float32Array): boolean =>
  a.length === b.length && a.every((value, i) => value === b[i])
const deviation = (values: Float32Array): number => Math.sqrt(mean(values.map((value) => value * value)))

describe('names and shapes', () => {
  it('of the UNet are those that diffusers gives a model of the same blocks', () => {
    expect(namesOf(denoiser, 'unet.')).toEqual(golden('tiny-sd/unet'))
    const block = 'unet.down_blocks.1.attentions.0'
    expect(shapeOf(denoiser, 'unet.conv_in.weight')).toEqual([64, 8, 3, 3])
    expect(shapeOf(denoiser, `${block}.proj_in.weight`)).toEqual([96, 96])
    expect(shapeOf(denoiser, `${block}.transformer_blocks.0.attn2.to_k.weight`)).toEqual([96, 96])
    expect(shapeOf(denoiser, 'unet.time_embedding.linear_1.weight')).toEqual([256, 64])
  })

  it('of the text encoder are those that transformers gives a model of as many layers', () => {
    expect(namesOf(denoiser, 'text_encoder.')).toEqual(golden('tiny-sd/text_encoder'))
    expect(shapeOf(denoiser, 'text_encoder.text_model.embeddings.token_embedding.weight')).toEqual([
      vocabulary,
      96,
    ])
    expect(shapeOf(denoiser, 'text_encoder.text_model.embeddings.position_embedding.weight')).toEqual([
      captionLength,
      96,
    ])
  })

  it("of the VAE are diffusers', without attention in the middle", () => {
    const shortcut = (name: string) => name.includes('conv_shortcut')
    const wanted = golden('tiny-sd/vae').filter(
      (name) => !name.includes('mid_block.attentions') && !shortcut(name),
    )
    expect(namesOf(vae).filter((name) => !shortcut(name))).toEqual(wanted)
    // Where a block changes the number of channels: 16, 16, 32, 64 down, and back up.
    expect(namesOf(vae).filter((name) => shortcut(name) && name.endsWith('.weight'))).toEqual(
      [
        'encoder.down_blocks.2.resnets.0',
        'encoder.down_blocks.3.resnets.0',
        'decoder.up_blocks.1.resnets.0',
        'decoder.up_blocks.2.resnets.0',
      ]
        .map((block) => `${block}.conv_shortcut.weight`)
        .sort(),
    )
    expect(shapeOf(vae, 'quant_conv.weight')).toEqual([16, 16, 1, 1])
  })
})

describe('initialWeights', () => {
  const flat = initialWeights(denoiser, new Random(1))
  const values = (name: string) => denoiser.view(flat, denoiser.get(name)!)

  it("follows PyTorch's rules", () => {
    expect(new Set(values('unet.conv_norm_out.weight'))).toEqual(new Set([1]))
    expect(new Set(values('unet.conv_norm_out.bias'))).toEqual(new Set([0]))
    expect(new Set(values('text_encoder.text_model.final_layer_norm.weight'))).toEqual(new Set([1]))
    const block = 'unet.down_blocks.0.attentions.0.transformer_blocks.0'
    expect(new Set(values(`${block}.norm2.weight`))).toEqual(new Set([1]))
    const embedding = values('text_encoder.text_model.embeddings.token_embedding.weight')
    expect(deviation(embedding)).toBeCloseTo(0.02, 3)
    const bounded = (name: string, fanIn: number) => {
      const bound = 1 / Math.sqrt(fanIn)
      expect(Math.max(...values(name).map(Math.abs)), name).toBeLessThanOrEqual(bound)
      expect(deviation(values(name)) / (bound / Math.sqrt(3)), name).toBeCloseTo(1, 1)
      expect(Math.abs(mean(values(name))), name).toBeLessThan(bound / 10)
    }
    bounded('unet.down_blocks.0.resnets.0.conv1.weight', 64 * 9)
    bounded(`${block}.ff.net.0.proj.weight`, 64)
    bounded('unet.time_embedding.linear_1.bias', 64)
  })

  it('draws each parameter from a stream of its own', () => {
    expect(same(initialWeights(denoiser, new Random(1)), flat)).toBe(true)
    expect(same(initialWeights(denoiser, new Random(2)), flat)).toBe(false)
    const [a, b] = ['to_q', 'to_v'].map((name) =>
      values(`unet.mid_block.attentions.0.transformer_blocks.0.attn1.${name}.weight`),
    )
    expect(same(a, b)).toBe(false)
  })
})

describe('an exported model', () => {
  it('is a pipeline that draws, in half precision', async () => {
    const folder = join(await temporaryFolder(), 'shapes-random')
    await exportVae(folder, vae, initialWeights(vae, random.derive('vae')), 0.7)
    const flat = initialWeights(denoiser, random.derive('denoiser'))
    await exportPipeline(folder, { layout: denoiser, flat, vocab, merges })
    const pipeline = await TextToImagePipeline.load(folder)
    expect(pipeline.latentShape).toEqual([8, 8, 8])
    expect(pipeline.tokenizer.encode('a red square').ids.slice(0, 5)).toEqual([
      vocabulary - 2,
      ...words.map((word) => vocab[`${word}</w>`]),
      vocabulary - 1,
    ])
    const latents = await pipeline.sample(['a red square'], { seeds: [0], steps: 1, guidance: 1 })
    expect(latents.every(Number.isFinite)).toBe(true)
    const [picture] = await pipeline.decode(latents)
    expect([picture.width, picture.height]).toEqual([64, 64])
    expect(pipeline.checkpoint.vae.config.scaling_factor).toBe(0.7)
    expect([...pipeline.checkpoint.unet.weights.tensors.values()].map(({ dtype }) => dtype)).toEqual(
      new Array(namesOf(denoiser, 'unet.').length).fill('F16'),
    )
    await pipeline.release()
  })
})

describe('training', () => {
  it('lowers the loss of the VAE on a few pictures', async () => {
    const batch = vaeBatch(new Random('pictures'), 2, 32)
    expect(batch.pictures).toHaveLength(2 * 3 * 32 * 32)
    expect(batch.noise).toHaveLength(2 * 8 * 4 * 4)
    const start = initialWeights(vae, random.derive('vae'))
    const trainer = await Trainer.create(vaeTrainingProgram(vae, 2, 32), vae, start)
    const losses: number[] = []
    for (let step = 0; step < 15; step++)
      losses.push((await trainer.step(batch, { learningRate: 2e-3 })).loss)
    await trainer.release()
    expect(mean(losses.slice(-3))).toBeLessThan(0.8 * mean(losses.slice(0, 3)))
  })

  it('lowers the loss of UNet and text encoder on a few latents', async () => {
    const stream = new Random('latents')
    const ids = new BigInt64Array(2 * captionLength).fill(BigInt(vocabulary - 1))
    ids.set([BigInt(vocabulary - 2), 3n, 4n], 0)
    ids.set([BigInt(vocabulary - 2), 5n, 6n], captionLength)
    const feeds = {
      ids,
      sample: stream.normals(2 * latentSize),
      target: stream.normals(2 * latentSize),
      timesteps: Float32Array.of(100, 700),
    }
    const start = initialWeights(denoiser, random.derive('denoiser'))
    const trainer = await Trainer.create(denoiserTrainingProgram(denoiser, 2, vocabulary), denoiser, start)
    const losses: number[] = []
    for (let step = 0; step < 15; step++)
      losses.push((await trainer.step(feeds, { learningRate: 2e-3 })).loss)
    const [parameters, ema] = await Promise.all([trainer.vector('parameters'), trainer.vector('ema')])
    await trainer.release()
    expect(mean(losses.slice(-3))).toBeLessThan(0.9 * mean(losses.slice(0, 3)))
    // Both models learn, and the average lags behind.
    for (const name of ['unet.conv_in.weight', 'text_encoder.text_model.encoder.layers.0.mlp.fc1.weight']) {
      const [was, is, average] = [start, parameters, ema].map((flat) =>
        denoiser.view(flat, denoiser.get(name)!),
      )
      expect(same(is, was), name).toBe(false)
      const distance = (a: Float32Array) => deviation(a.map((value, i) => value - was[i]))
      expect(distance(average)).toBeLessThan(distance(is))
    }
  })
})
