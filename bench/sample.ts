// Sixteen guided pictures in 20 steps, decoding included, by our pipeline and by diffusers'. Text states are
// computed before the clock starts on both sides; both end with pixels in memory, not with files.
import { TextToImagePipeline } from '../lib/diffusion/pipeline.ts'
import { LocalSession } from '../lib/runtime/index.ts'
import { type Bench, runPython, type Settings } from './support.ts'

const batch = 16
const steps = 20
const guidance = 7.5
const prompt = 'three red squares'

/** Loads the pipeline of the embedded base. */
export async function prepareSampling(settings: Settings): Promise<Bench> {
  const { folder, python, threads, repeats, warmup } = settings
  const pipeline = await TextToImagePipeline.load(folder, {
    open: (program, options) => LocalSession.create(program, { ...options, threads }),
  })
  const prompts = Array.from({ length: batch }, () => prompt)
  const seeds = prompts.map((_, i) => i)
  const [, height, width] = pipeline.latentShape
  const size = `${height * pipeline.scale}×${width * pipeline.scale}`
  return {
    what: `${batch} pictures of ${size} in ${steps} steps at guidance ${guidance}, decoding included, fp32`,
    async ours() {
      const times: number[] = []
      for (let i = 0; i < warmup + repeats; i++) {
        const start = performance.now()
        await pipeline.decodeToPixels(await pipeline.sample(prompts, { seeds, steps, guidance }))
        if (i >= warmup) times.push(performance.now() - start)
      }
      return times
    },
    theirs() {
      const { seconds_per_run: seconds = [], versions } = runPython(python, 'sample.py', [
        ...['--base', folder, '--prompt', prompt, '--batch', batch, '--steps', steps],
        ...['--guidance', guidance, '--threads', threads, '--runs', repeats, '--warmup', warmup],
      ])
      return { times: seconds.map((each) => each * 1000), versions }
    },
    release: () => pipeline.release(),
  }
}
