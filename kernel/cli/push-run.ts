// What `selma push` does; loaded when it is called.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { Expert } from '../../lib/api/expert.ts'
import { Dataset } from '../../lib/api/images.ts'
import { pushExpert } from '../../lib/api/push-expert.ts'
import { fail } from '../../lib/base/errors.ts'
import { readJson } from '../../lib/base/files.ts'
import type { CardScore } from '../../lib/hub/index.ts'
import type { Answer, Context } from './perform.ts'
import type { PushCommandOptions } from './push.ts'

const interval = z.object({ mean: z.number(), low: z.number().nullish(), high: z.number().nullish() })
const found = z.object({
  model: z.string(),
  prompts: z.number().int().positive(),
  scores: z.object({ judge: z.string(), dsg: interval, strict: interval }),
})

/** The scores of a folder that `selma evaluate --out` wrote. */
async function scoresIn(folder: string): Promise<CardScore[]> {
  const path = join(folder, 'scores.json')
  const parsed = found.safeParse(await readJson(path))
  if (!parsed.success) return fail('bad-file', `${path}: ${z.prettifyError(parsed.error)}`)
  const { model, prompts: n, scores } = parsed.data
  return (['dsg', 'strict'] as const).map((metric) => {
    const { mean, low, high } = scores[metric]
    const name = metric === 'dsg' ? 'DSG' : metric
    // JSON has null where one prompt has no interval.
    return { metric: name, model, mean, low: low ?? mean, high: high ?? mean, n, judge: scores.judge }
  })
}

export async function runPush(
  path: string,
  repository: string,
  options: PushCommandOptions,
  context: Context,
): Promise<Answer> {
  const { tag: tags, scores = [], samples = [], public: open = false, ...rest } = options
  if (!existsSync(path)) fail('not-found', `there is no ${path}`, 'give the folder or file of a LoRA')
  const expert = await Expert.load(path)
  const { baseModel, license, licenseLink, summary, data, revision, message } = rest
  const pushed = await pushExpert(expert, repository, {
    ...{ baseModel, license, licenseLink, summary, data, tags, revision, message, private: !open },
    scores: (await Promise.all(scores.map(scoresIn))).flat(),
    samples: await Promise.all(samples.map(Dataset.read)),
    onProgress: ({ state, file }) => context.progress.line(file ? `${state} ${file}` : state),
    signal: context.signal,
  })
  const made = pushed.created ? `, a new ${open ? 'public' : 'private'} repository` : ''
  return {
    text: `${expert.name} in ${pushed.url}${made} (commit ${pushed.commit.slice(0, 7)})`,
    document: { ...pushed },
  }
}
