// What `selma images` does; loaded when it is called.
import { join } from 'node:path'
import { fail } from '../../lib/base/errors.ts'
import type { SampleOptions } from '../../lib/diffusion/sample-options.ts'
import { SafetensorsFile, writeSafetensors } from '../../lib/formats/safetensors.ts'
import { type ImagesSettings, imagesStage } from '../../lib/images/index.ts'
import { resolveDevice } from '../../lib/runtime/index.ts'
import { givenDrawOptions } from './draw-options.ts'
import type { ImagesOptions } from './images.ts'
import { checkCaptions, type LocatedPrompt, modelArgument, readLoras, readPrompts } from './inputs.ts'
import type { Answer, Context } from './perform.ts'
import { copyOf, publish, targetFor } from './publish.ts'
import { runStage } from './run-stage.ts'

/** Final latents from given noise, or from the seed's: how sampling is compared with another program's. */
async function runLatents(file: string, options: ImagesOptions, context: Context): Promise<Answer> {
  const { steps, guidance, rescale, seed, prompt: texts = [] } = options
  if (texts.length === 0)
    fail('bad-input', '--latents-out without --prompt', 'give the prompt, or one a picture')
  const inputs = [...(options.lora ?? []).map(({ path }) => path), ...(options.noise ? [options.noise] : [])]
  const target = await targetFor(file, { force: options.force, inputs })
  const { openModel } = await import('../../lib/shapes/model-setting.ts')
  const { model } = await modelArgument(options.model)
  const noise = options.noise === undefined ? undefined : await readNoise(options.noise)
  const count = noise?.shape[0] ?? texts.length
  if (texts.length !== 1 && texts.length !== count)
    fail(
      'mismatch',
      `${texts.length} prompts for ${count} pictures of noise`,
      'give one prompt, or one a picture',
    )
  const prompts = Array.from({ length: count }, (_, i) => texts[texts.length === 1 ? 0 : i])
  const device = await resolveDevice(options.device)
  const pipeline = await openModel({ model, loras: options.lora ?? [], device, dtype: options.dtype })
  const [channels, ...usual] = pipeline.latentShape
  const { tiling: _, ...drawn } = givenDrawOptions(options)
  if (noise && noise.shape[1] !== channels)
    fail('mismatch', `noise of ${noise.shape[1]} channels`, `this model has ${channels}`)
  const [tall, wide] = (noise ? noise.shape.slice(2) : usual).map((side) => side * pipeline.scale)
  const { height = tall, width = wide } = drawn
  try {
    const data = await pipeline.sample(prompts, {
      seeds: prompts.map((_, i) => seed + i),
      steps,
      guidance,
      rescale,
      ...(drawn as Partial<SampleOptions>),
      noise: noise?.data,
      height,
      width,
      signal: context.signal,
    })
    const shape = [count, channels, height / pipeline.scale, width / pipeline.scale]
    const output = await publish(target, (temporary) =>
      writeSafetensors(temporary, { latents: { dtype: 'F32', shape, data } }),
    )
    return { text: `latents [${shape}] in ${file}`, document: { latentsOut: target.path, output, shape } }
  } finally {
    await pipeline.release()
  }
}

/** Prompts from the file, or as given. */
async function givenPrompts({ prompts, prompt = [] }: ImagesOptions): Promise<LocatedPrompt[]> {
  if (prompts !== undefined) return readPrompts(prompts)
  if (prompt.length === 0)
    fail('bad-input', 'there are no prompts', 'name a file with --prompts, or give --prompt')
  return prompt.map((text, i) => ({ record: { text }, where: `--prompt ${i + 1}` }))
}

async function readNoise(path: string): Promise<{ shape: number[]; data: Float32Array }> {
  const file = await SafetensorsFile.open(path)
  const { shape } = file.entry('latents')
  if (shape.length !== 4 || shape.includes(0))
    fail(
      'bad-file',
      `${path}: latents has the shape [${shape}]`,
      '[pictures, channels, height, width] is needed',
    )
  return { shape, data: await file.floats('latents') }
}

export async function runImages(options: ImagesOptions, context: Context): Promise<Answer> {
  if (options.latentsOut !== undefined) return runLatents(options.latentsOut, options, context)
  const { out } = options
  if (options.noise !== undefined) fail('bad-input', '--noise without --latents-out')
  if (out === undefined) return fail('bad-input', 'there is no --out', 'name a folder for the pictures')
  const { steps, guidance, rescale, seed, perPrompt, chooseOf } = options
  const { model } = await modelArgument(options.model)
  const prompts = await givenPrompts(options)
  const loras = await readLoras(options.lora)
  const inputs = [...(options.prompts ? [options.prompts] : []), ...loras.map(({ path }) => path)]
  const target = await targetFor(out, { force: options.force, inputs })
  if (chooseOf === undefined && options.judgeError > 0)
    fail('bad-input', '--judge-error without --choose-of', 'say of how many pictures the judge chooses')
  if (chooseOf !== undefined) checkCaptions(prompts)
  const settings = {
    model,
    device: await resolveDevice(options.device),
    dtype: options.dtype,
    loras: loras.map(({ path, weight }) => ({ path, weight })),
    prompts: prompts.map(({ record }) => record),
    steps,
    guidance,
    rescale,
    ...givenDrawOptions(options),
    seed,
    perPrompt,
    choose: chooseOf && {
      of: chooseOf,
      errorRate: options.judgeError,
      seed: options.judgeSeed,
      least: options.chooseLeast,
    },
  } as ImagesSettings
  const { job, result, origin, document } = await runStage(imagesStage, settings, {
    fresh: options.fresh,
    context,
  })
  const state = await publish(target, copyOf(join(job.dir, result.folder)))
  const { chosen } = result
  const note = chosen
    ? `; ${chosen.judge} kept the best of up to ${chosen.of} (share right ${chosen.kept.toFixed(3)}, of the first ${chosen.first.toFixed(3)}; ${chosen.leftOut} left out)`
    : ''
  return {
    text: `${result.count} pictures in ${out}, ${origin}${note}`,
    document: { out: target.path, output: state, ...document, result },
  }
}
