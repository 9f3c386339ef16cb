// One LoRA step of the embedded base as lib/experts trains it, against PyTorch with peft. Both get random
// latents, noise and text states drawn beforehand; ours also clips the gradient, theirs does not.
import { Random } from '../lib/base/random.ts'
import { openCheckpoint } from '../lib/diffusion/checkpoint.ts'
import { initialFactors, loraGraph, loraTrainingProgram, trainOptions } from '../lib/experts/index.ts'
import { type Feeds, sizeOf, Trainer } from '../lib/runtime/index.ts'
import { type Bench, runPython, type Settings } from './support.ts'

const batch = 32

/** Loads the training program of rank 16 on all attention projections. */
export async function prepareTraining(settings: Settings): Promise<Bench> {
  const { folder, python, threads, repeats, warmup } = settings
  const checkpoint = await openCheckpoint(folder)
  const { in_channels: channels, sample_size: size } = checkpoint.unet.config
  const { max_position_embeddings: tokens, hidden_size: width } = checkpoint.textEncoder.config
  const latent = [channels, size, size] as const
  const options = trainOptions.parse({})
  const shape = { batch, latent, text: [tokens, width] as const }
  const graph = loraGraph(checkpoint, shape, options)
  const random = new Random(0)
  const trainer = await Trainer.create(
    loraTrainingProgram(checkpoint, shape, graph, options),
    graph.layout,
    initialFactors(graph.layout, random),
    { threads },
  )
  const feeds: Feeds = {
    sample: random.normals(batch * sizeOf(latent)),
    target: random.normals(batch * sizeOf(latent)),
    text: random.normals(batch * tokens * width),
    timesteps: Float32Array.from({ length: batch }, () => random.int(0, 999)),
  }
  const targets = options.targets as string[]
  return {
    what: `one LoRA step, fp32: rank ${options.rank} on ${targets.join(', ')}, batch ${batch}, latents ${latent.join('×')}, ${tokens} text states, ${graph.layout.length} trainable numbers`,
    async ours() {
      const times: number[] = []
      for (let i = 0; i < warmup + repeats; i++) {
        const start = performance.now()
        await trainer.step(feeds, { learningRate: 3e-4 })
        if (i >= warmup) times.push(performance.now() - start)
      }
      return times
    },
    theirs() {
      const { eager, versions } = runPython(python, 'train_lora.py', [
        ...['--base', folder, '--rank', options.rank, '--targets', targets.join(',')],
        ...['--batch', batch, '--tokens', tokens, '--threads', threads],
        ...['--steps', repeats, '--warmup', warmup, '--no-compile'],
      ])
      return { times: eager!.times, versions }
    },
    release: () => trainer.release(),
  }
}
