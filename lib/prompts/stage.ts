// The job that writes a skill's prompts: a language model, or the offline writer of the embedded
// world, asked until enough prompts are accepted. Every round is saved, so a stopped job goes on.
import { join } from 'node:path'
import { z } from 'zod'
import type { LanguageModel } from '../base/completion.ts'
import { fail, type SelmaError } from '../base/errors.ts'
import { writePromptFile } from '../data/prompt-file.ts'
import { defineStage, type JobContext } from '../jobs/index.ts'
import { parseCaption } from '../shapes/parse-caption.ts'
import { splitOf } from '../shapes/split.ts'
import { offlineWriter } from '../shapes/writer.ts'
import { type GenerateOptions, generatePrompts, type PromptSet } from './generate.ts'
import { PromptGenerationError } from './generation-error.ts'
import { openai } from './openai.ts'
import { skill } from './skill.ts'

const settings = z.strictObject({
  skill: z.strictObject({
    name: z.string(),
    teaches: z.string(),
    seeds: z.array(z.string()),
    rules: z.array(z.string()).default([]),
    maxWords: z.number().int().positive().default(30),
  }),
  /** Prompts to accept (paper: 1,000). */
  n: z.number().int().positive().default(1000),
  seed: z.number().int().default(42),
  /** `offline` is the embedded world's writer; the rest names an OpenAI-compatible model. The key comes from OPENAI_API_KEY. */
  writer: z
    .union([z.literal('offline'), z.strictObject({ openai: z.string(), baseURL: z.string().optional() })])
    .default('offline'),
  /** Highest ROUGE-L to the pool that is accepted (paper: 0.8). */
  threshold: z.number().min(0).max(1).default(0.8),
  /** Test prompts that must not be written. */
  exclude: z.array(z.string()).default([]),
  /** Accept only captions of the embedded world's training scenes. */
  shapesOnly: z.boolean().default(false),
})
export type PromptsSettings = z.input<typeof settings>

export interface PromptsResult extends Omit<PromptSet, 'prompts' | 'skill'> {
  skill: string
  /** JSONL of prompts, relative to the job's directory. */
  file: string
  count: number
}

/** Why a caption cannot be used in the embedded world, if it cannot. */
export function refuseOutsideTraining(text: string): string | undefined {
  try {
    return splitOf(parseCaption(text)) === 'train' ? undefined : 'a scene held out for validation or test'
  } catch (error) {
    return (error as Error).message
  }
}

/** Keeps what a generation that gave up had accepted: the same job, run again, tries as many rounds again. */
async function givenUp(error: unknown, job: JobContext): Promise<never> {
  if (!(error instanceof PromptGenerationError) || error.code !== 'llm') throw error
  await job.saveState('generation', error.state)
  const { cause } = error
  // The error's own hints speak of `resumeFrom`, which is this function's business.
  const advice = cause ? (cause as Partial<SelmaError>).hint : error.hint?.split(';')[0]
  const again = `run it again to go on with the ${error.state.prompts.length} accepted`
  return fail('llm', error.message, advice ? `${advice}; ${again}` : again, error)
}

export const promptsStage = defineStage({
  name: 'prompts',
  version: 1,
  settings,
  async run(
    { skill: described, n, seed, writer, threshold, exclude, shapesOnly },
    job,
  ): Promise<PromptsResult> {
    const { name, ...rest } = described
    const llm: LanguageModel =
      writer === 'offline' ? offlineWriter({ seed }) : openai(writer.openai, { baseURL: writer.baseURL })
    const resumeFrom = await job.loadState<NonNullable<GenerateOptions['resumeFrom']>>('generation')
    const generation = generatePrompts(skill(name, rest), {
      llm,
      n,
      seed,
      threshold,
      exclude,
      resumeFrom,
      signal: job.signal,
      accept: shapesOnly ? refuseOutsideTraining : undefined,
    })
    for (;;) {
      const next = await generation.next().catch((error) => givenUp(error, job))
      if (next.done) {
        const {
          prompts,
          skill: _,
          ...summary
        } = next.value ?? fail('llm', 'the generation ended without a result')
        await writePromptFile(join(job.dir, 'prompts.jsonl'), prompts)
        return { ...summary, skill: name, file: 'prompts.jsonl', count: prompts.length }
      }
      const event = next.value
      if (event.type === 'accepted') job.log(`accepted: ${event.text}`)
      if (event.type === 'rejected') job.log(`rejected (${event.reason}): ${event.text}`)
      if (event.type !== 'round') continue
      job.progress(event.accepted, event.asked, { unit: 'prompts' })
      await job.saveState('generation', event.state)
      await job.turn()
      job.throwIfStopped()
    }
  },
})
