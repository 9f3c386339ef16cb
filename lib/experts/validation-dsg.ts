// DSG on validation prompts while an expert trains, by the embedded world's judge: the curve that says whether a
// falling loss is worth anything. For whoever watches; nothing is chosen by it, and no score to report comes from it.
import { z } from 'zod'
import { Random } from '../base/random.ts'
import type { TextToImagePipeline } from '../diffusion/pipeline.ts'
import type { JobContext } from '../jobs/index.ts'
import { evaluatePictures } from '../metrics/evaluate.ts'
import { shapesJudge } from '../shapes/judge.ts'
import { shapesSuite } from '../shapes/suite.ts'

const count = z.number().int().positive()

/** What is drawn and judged at every checkpoint, before the first step and after the last. */
export const dsgOptions = z.strictObject({
  /** Validation prompts of each of the embedded world's six skills, one picture each. */
  perSkill: count.max(40).default(4),
  /** Which prompts those are, and from which noise they are drawn. */
  seed: z.number().int().default(0),
  /** Sampling steps. */
  steps: count.default(20),
  /** Classifier-free guidance scale. */
  guidance: z.number().nonnegative().default(5),
})
export type DsgOptions = z.input<typeof dsgOptions>

/** How many pictures are drawn at once. */
const chunk = 32

/** Emits the metric `dsg`, from 0 to 1: mean of the pictures' means, parents from raw answers (macro, direct). */
export async function scoreValidation(
  { perSkill, seed, steps, guidance }: z.output<typeof dsgOptions>,
  pipeline: TextToImagePipeline,
  step: number,
  job: JobContext,
): Promise<void> {
  const questions = shapesSuite({ split: 'validation', perSkill, seed })
  const { items } = questions
  async function* drawn() {
    for (let from = 0; from < items.length; from += chunk) {
      const some = items.slice(from, from + chunk)
      // The same noise at every checkpoint: what changes is the expert.
      const seeds = some.map(({ id }) => new Random(seed).derive('dsg', id).bits())
      const prompts = some.map(({ text }) => text)
      const latents = await pipeline.sample(prompts, { seeds, steps, guidance, signal: job.signal })
      for (const [at, picture] of (await pipeline.decode(latents)).entries())
        yield { itemId: some[at].id, seed, picture }
    }
  }
  const judge = shapesJudge()
  const { pictures } = await evaluatePictures({ pictures: drawn(), questions, judge, model: 'expert' })
  job.metrics(step, { dsg: pictures.reduce((sum, { dsg }) => sum + dsg, 0) / pictures.length })
}
