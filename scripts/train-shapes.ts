// `npm run train:shapes`: trains the embedded base models from nothing and writes them as diffusers
// pipeline folders. Stages that are finished are skipped, an interrupted one goes on.
import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { writeFileAtomic, writeJson } from '../lib/base/files.ts'
import { loadTokenizer } from '../lib/diffusion/tokenizer.ts'
import { captionLength } from '../lib/shapes/base/configs.ts'
import { denoiserLayout } from '../lib/shapes/base/denoiser-training.ts'
import { exportPipeline, exportVae } from '../lib/shapes/base/export.ts'
import { encodeTrainingPictures, pictureStream } from '../lib/shapes/base/latents.ts'
import {
  denoiserStages,
  loadLatents,
  recipe,
  stageResult,
  trainDecoder,
  trainDenoiser,
  trainVae,
} from '../lib/shapes/base/stages.ts'
import { vaeLayout } from '../lib/shapes/base/vae-training.ts'
import { clipVocabulary } from '../lib/shapes/base/vocabulary.ts'
import { captionWords } from '../lib/shapes/wordings.ts'
import { writeTrainingLog } from './shapes/training-log.ts'

const { values } = parseArgs({
  options: {
    dir: { type: 'string', default: '.selma/train-shapes' },
    out: { type: 'string', default: 'lib/shapes/models' },
    seed: { type: 'string', default: '0' },
    until: { type: 'string', default: 'weak' },
    log: { type: 'string', default: 'docs/training' },
  },
})
const folder = resolve(values.dir)
const out = resolve(values.out)
const seed = Number(values.seed)
const order = ['vae', 'latents', 'decoder', ...denoiserStages]
const last = order.indexOf(values.until)
if (last < 0) throw new Error(`--until ${values.until}: choose one of ${order.join(', ')}`)
await mkdir(folder, { recursive: true })

const began = Date.now()
const recent: number[] = []
const onStep = (stage: string, step: number, steps: number, loss: number): void => {
  recent.push(loss)
  if (step % 50 !== 0 && step !== steps) return
  const average = recent.reduce((sum, value) => sum + value, 0) / recent.length
  recent.length = 0
  const minutes = ((Date.now() - began) / 60_000).toFixed(1)
  console.log(`${stage} ${step}/${steps}  loss ${average.toFixed(4)}  ${minutes} min`)
}

await trainVae(folder, seed, onStep)
const layout = vaeLayout()
const latentsPath = join(folder, 'latents.f32')
if (last >= order.indexOf('latents')) {
  const vae = await stageResult(folder, 'vae')
  await encodeTrainingPictures(latentsPath, {
    layout,
    vae,
    random: pictureStream(seed),
    count: recipe.pictures,
    onProgress: (done) => {
      if (done % 6400 === 0) console.log(`latents ${done}/${recipe.pictures}`)
    },
  })
}
if (last >= order.indexOf('decoder')) {
  const { latents, scalingFactor } = await loadLatents(latentsPath)
  const decoded = await trainDecoder(folder, seed, { latents, scalingFactor }, onStep)
  const { vocab, merges } = clipVocabulary(captionWords())
  const vocabulary = Object.keys(vocab).length
  const tokenizerFolder = join(folder, 'tokenizer')
  await writeJson(join(tokenizerFolder, 'vocab.json'), vocab)
  await writeFileAtomic(join(tokenizerFolder, 'merges.txt'), `#version: 0.2\n${merges.join('\n')}\n`)
  const tokenizer = await loadTokenizer(tokenizerFolder, { maxLength: captionLength })
  const denoiser = denoiserLayout(vocabulary)
  // What is shipped; the other stages are kept beside their checkpoints.
  const names: Partial<Record<string, string>> = { noisy: 'shapes', weak: 'shapes-weak' }
  for (const stage of denoiserStages) {
    if (last < order.indexOf(stage)) break
    await trainDenoiser({ stage, folder, seed, layout: denoiser, vocabulary, tokenizer, latents, onStep })
    const shipped = names[stage]
    const target = shipped ? join(out, shipped) : join(folder, `shapes-${stage}`)
    await exportVae(target, layout, decoded, scalingFactor)
    await exportPipeline(target, { layout: denoiser, flat: await stageResult(folder, stage), vocab, merges })
    console.log(`wrote ${target}`)
  }
  const logs = { out: values.log, title: '' }
  await writeTrainingLog(folder, [...recipe.vae.map(({ stage }) => stage), 'vae-decoder'], {
    ...logs,
    name: 'vae-loss',
    title: 'The embedded VAE',
  })
  const done = denoiserStages.filter((stage) => last >= order.indexOf(stage))
  await writeTrainingLog(folder, done, {
    ...logs,
    name: 'denoiser-loss',
    title: 'The embedded UNet and text encoder',
  })
}
