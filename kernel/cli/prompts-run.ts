// What `selma prompts` does; loaded when it is called.
import { join } from 'node:path'
import { z } from 'zod'
import { fail, SelmaError } from '../../lib/base/errors.ts'
import { readJson } from '../../lib/base/files.ts'
import { embeddedSkills, getSkill, openai, type Skill, skill, skillNames } from '../../lib/prompts/index.ts'
import { type PromptsSettings, promptsStage } from '../../lib/prompts/stage.ts'
import { parseCaption } from '../../lib/shapes/index.ts'
import { readPrompts } from './inputs.ts'
import type { Answer, Context } from './perform.ts'
import type { PromptsOptions } from './prompts.ts'
import { copyOf, publish, targetFor } from './publish.ts'
import { runStage } from './run-stage.ts'

const skillFile = z.strictObject({
  name: z.string(),
  teaches: z.string(),
  seeds: z.array(z.string()),
  rules: z.array(z.string()).optional(),
  maxWords: z.number().int().optional(),
})

async function skillFrom(given: string): Promise<{ skill: Skill; file?: string }> {
  if (skillNames().includes(given) || !/\.json$/i.test(given)) return { skill: getSkill(given) }
  const parsed = skillFile.safeParse(await readJson(given))
  if (!parsed.success) {
    const [{ path, message }] = parsed.error.issues
    throw new SelmaError('bad-file', `${given}: ${[path.join('.'), message].filter(Boolean).join(': ')}`, {
      hint: 'a skill is {"name": …, "teaches": …, "seeds": [three or more], "rules"?: […], "maxWords"?: 30}',
    })
  }
  const { name, ...rest } = parsed.data
  return { skill: skill(name, rest), file: given }
}

/** The offline writer imitates captions of the embedded world, and can do nothing else. */
function checkOffline({ name, seeds }: Skill): void {
  try {
    for (const seed of seeds) parseCaption(seed)
  } catch (error) {
    throw new SelmaError(
      'bad-input',
      `the offline writer cannot write for ${name}: ${(error as Error).message}`,
      {
        hint: `name a language model, e.g. --llm gpt-4o-mini, or choose ${embeddedSkills.map((each) => each.name).join(', ')}`,
      },
    )
  }
}

export async function runPrompts(options: PromptsOptions, context: Context): Promise<Answer> {
  const { llm, baseUrl, exclude = [], n, seed, threshold } = options
  const chosen = await skillFrom(options.skill)
  if (baseUrl && !llm) fail('bad-input', '--base-url without --llm', 'name the model with --llm')
  // Fails now, not in the job, when there is no key.
  if (llm) openai(llm, { baseURL: baseUrl })
  else checkOffline(chosen.skill)
  const inputs = [...exclude, ...(chosen.file ? [chosen.file] : [])]
  const target = await targetFor(options.out, { force: options.force, inputs })
  const excluded: string[] = []
  for (const file of exclude) excluded.push(...(await readPrompts(file)).map(({ record }) => record.text))
  const settings: PromptsSettings = {
    skill: { ...chosen.skill, seeds: [...chosen.skill.seeds], rules: [...chosen.skill.rules] },
    n,
    seed,
    threshold,
    exclude: excluded,
    writer: llm ? { openai: llm, ...(baseUrl ? { baseURL: baseUrl } : {}) } : 'offline',
    shapesOnly: options.shapesOnly ?? !llm,
  }
  const { job, result, origin, document } = await runStage(promptsStage, settings, {
    fresh: options.fresh,
    context,
  })
  const state = await publish(target, copyOf(join(job.dir, result.file)))
  const rejected = Object.entries(result.stats.rejected).filter(([, count]) => count > 0)
  const note = rejected.length
    ? `; rejected: ${rejected.map(([why, count]) => `${count} ${why}`).join(', ')}`
    : ''
  return {
    text: `${result.count} prompts for ${result.skill} by ${result.llm.name} in ${options.out}, ${origin}${note}`,
    document: { out: target.path, output: state, ...document, result },
  }
}
