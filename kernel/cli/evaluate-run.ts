// What `selma evaluate` does; loaded when it is called.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fail } from '../../lib/base/errors.ts'
import { writeJson } from '../../lib/base/files.ts'
import { readDsg } from '../../lib/data/dsg.ts'
import type { QuestionSet } from '../../lib/data/question.ts'
import { resolveDevice } from '../../lib/runtime/index.ts'
import { shapesSuite, suiteSkills } from '../../lib/shapes/suite.ts'
import { type EvaluationSettings, evaluateStage } from '../../lib/study/evaluation.ts'
import { givenDrawOptions } from './draw-options.ts'
import type { EvaluateCommandOptions } from './evaluate.ts'
import { checkQuestions, modelArgument, modelName, questionsOf, readLoras, readPrompts } from './inputs.ts'
import type { Answer, Context } from './perform.ts'
import { copyOf, publish, targetFor } from './publish.ts'
import { runStage, shortPath } from './run-stage.ts'

async function questionSet(options: EvaluateCommandOptions): Promise<QuestionSet> {
  const { prompts, suite = 'shapes', split, perSkill, skills, suiteSeed } = options
  if (prompts) return questionsOf(await readPrompts(prompts))
  if (suite === 'shapes') {
    const unknown = skills?.find((name) => !(suiteSkills as readonly string[]).includes(name))
    if (unknown !== undefined)
      fail(
        'bad-input',
        `the suite has no skill ${JSON.stringify(unknown)}`,
        `choose of ${suiteSkills.join(', ')}`,
      )
    return shapesSuite({ split, perSkill, skills: skills as never, seed: suiteSeed })
  }
  if (!/\.csv$/i.test(suite))
    fail(
      'bad-input',
      `unknown suite ${JSON.stringify(suite)}`,
      "give 'shapes' or the path of a DSG file (.csv)",
    )
  const set = await readDsg(suite)
  checkQuestions(set, suite)
  return set
}

export async function runEvaluate(options: EvaluateCommandOptions, context: Context): Promise<Answer> {
  const { seeds, guidance, rescale, steps, out } = options
  const base = await modelArgument(options.model)
  const loras = await readLoras(options.lora)
  const questions = await questionSet(options)
  const inputs = [options.prompts, options.suite === 'shapes' ? undefined : options.suite]
    .concat(loras.map(({ path }) => path))
    .filter((path) => path !== undefined)
  const target = out === undefined ? undefined : await targetFor(out, { force: options.force, inputs })
  const name = options.name ?? modelName(base.name, loras)
  const items = questions.items.map(({ id, text, skill, questions }) => ({ id, text, skill, questions }))
  const settings = {
    model: base.model,
    device: await resolveDevice(options.device),
    dtype: options.dtype,
    loras: loras.map(({ path, weight }) => ({ path, weight })),
    name,
    questions: { name: questions.name, items },
    seeds,
    guidance,
    rescale,
    steps,
    ...givenDrawOptions(options),
    judge: { errorRate: options.judgeError, seed: options.judgeSeed },
  } as unknown as EvaluationSettings
  const { job, result, origin, document } = await runStage(evaluateStage, settings, {
    fresh: options.fresh,
    context,
  })
  const [{ formatTable, readAnswerRows, readPictureRows, summarizeBySkill }, { ModelScores, scoreTable }] =
    await Promise.all([import('../../lib/metrics/index.ts'), import('../../lib/api/evaluate.ts')])
  const rows = await readPictureRows(join(job.dir, result.pictureRows))
  const answers = await readAnswerRows(join(job.dir, result.answerRows))
  const scores = new ModelScores(name, questions, rows, answers, join(job.dir, result.images), origin)
  const summary = scores.summary()
  const { model: _, ...numbers } = summary
  const found = {
    model: name,
    suite: questions.name,
    prompts: items.length,
    settings: {
      model: options.model,
      loras: loras.map(({ name, weight }) => ({ name, weight })),
      seeds,
      guidance,
      rescale,
      steps,
      ...givenDrawOptions(options),
    },
    scores: numbers,
    bySkill: Object.fromEntries(
      Object.entries(summarizeBySkill([...rows])).map(([skill, { dsg, strict }]) => [skill, { dsg, strict }]),
    ),
    byCategory: scores.byCategory(),
  }
  const state =
    target &&
    (await publish(target, async (temporary) => {
      await mkdir(temporary)
      await writeJson(join(temporary, 'scores.json'), found)
      for (const part of [result.pictureRows, result.answerRows, result.images])
        await copyOf(join(job.dir, part))(join(temporary, part))
    }))
  const where = out === undefined ? `pictures in ${shortPath(scores.images)}` : `rows and pictures in ${out}`
  return {
    text: `${formatTable(scoreTable([scores]))}\n\n${result.count} pictures, ${origin}; ${where}`,
    document: {
      ...found,
      pictures: scores.images,
      ...(target && { out: target.path, output: state }),
      ...document,
    },
  }
}
