// Pictures drawn while an expert trains: the same prompts from the same seeds at every checkpoint, so that one can
// watch what changes. They are for looking at; nothing of the training depends on them.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { writeFileAtomic } from '../base/files.ts'
import { Random } from '../base/random.ts'
import type { TextToImagePipeline } from '../diffusion/pipeline.ts'
import { encodePng } from '../formats/png.ts'
import type { JobContext } from '../jobs/index.ts'

/** What is drawn at every checkpoint, before the first step and after the last. */
export const sampleOptions = z.strictObject({
  prompts: z.array(z.string().min(1)).min(1).max(64),
  /** One picture of each prompt. */
  seed: z.number().int().default(0),
  /** Sampling steps. */
  steps: z.number().int().positive().default(20),
  /** Classifier-free guidance scale. */
  guidance: z.number().nonnegative().default(7.5),
})
export type SampleOptions = z.input<typeof sampleOptions>

/** Draws the samples with a pipeline as it is now, and emits an `image` event for each. */
export async function drawSamples(
  { prompts, seed, steps, guidance }: z.output<typeof sampleOptions>,
  pipeline: TextToImagePipeline,
  step: number,
  job: JobContext,
): Promise<void> {
  const seeds = prompts.map((prompt) => new Random(seed).derive('sample', prompt).bits())
  const latents = await pipeline.sample(prompts, { seeds, steps, guidance, signal: job.signal })
  const pictures = await pipeline.decode(latents)
  await mkdir(join(job.dir, 'samples'), { recursive: true })
  for (const [at, picture] of pictures.entries()) {
    const path = `samples/step-${String(step).padStart(6, '0')}-${at}.png`
    await writeFileAtomic(join(job.dir, path), await encodePng(picture))
    job.emit({ type: 'image', path, caption: prompts[at], step })
  }
}
