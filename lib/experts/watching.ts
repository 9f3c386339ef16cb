// What is done at every checkpoint for whoever watches a training: pictures to look at, and a score. The expert as it
// is at that step is loaded once for both.
import { TextToImagePipeline } from '../diffusion/pipeline.ts'
import type { WeightDtype } from '../diffusion/weights.ts'
import type { Lora } from '../formats/lora.ts'
import type { JobContext } from '../jobs/index.ts'
import type { Provider } from '../runtime/index.ts'
import { drawSamples, sampleOptions } from './samples.ts'
import { dsgOptions, scoreValidation } from './validation-dsg.ts'

/** Settings of a training that change nothing of it. */
export const watching = { samples: sampleOptions.optional(), dsg: dsgOptions.optional() }

/**
 * Draws the samples and scores the validation prompts, as far as they are asked for.
 *
 * @param at folder of the pipeline that is trained; lora as it is now, undefined for the base
 */
export async function watch(
  {
    samples,
    dsg,
  }: { samples?: Parameters<typeof drawSamples>[0]; dsg?: Parameters<typeof scoreValidation>[0] },
  {
    folder,
    lora,
    step,
    device,
    dtype,
  }: { folder: string; lora: Lora | undefined; step: number; device?: Provider; dtype?: WeightDtype },
  job: JobContext,
): Promise<void> {
  const pipeline = await TextToImagePipeline.load(folder, {
    loras: lora ? [{ lora, weight: 1 }] : [],
    provider: device,
    dtype,
  })
  try {
    if (samples) await drawSamples(samples, pipeline, step, job)
    if (dsg) await scoreValidation(dsg, pipeline, step, job)
  } finally {
    await pipeline.release()
  }
}
