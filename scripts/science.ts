// `npm run science`: the study of docs/science.md, by the protocol of docs/evaluation.md. For each
// training seed every row is trained; its guidance is chosen on validation; at that guidance it is
// scored on the asked split. Hours on two cores, resumable at any point; with --rows FOLDER finished seeds are kept
// there as files, and taken from there.
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { fail } from '../lib/base/errors.ts'
import { sha256, writeFileAtomic, writeJson } from '../lib/base/files.ts'
import { hashCheckpoint } from '../lib/diffusion/checkpoint.ts'
import { schedulerNames } from '../lib/diffusion/schedulers/scheduler.ts'
import { formatTable, getSkill, provenance, suites, T2I } from '../lib/index.ts'
import { type Condition, controlNames, trainCondition } from './science/condition.ts'
import { type KeptModel, readSeed, writeSeed } from './science/kept-seeds.ts'
import { referenceRows, scoreReference } from './science/reference-rows.ts'
import { type Candidate, scoreAtBest } from './science/score.ts'
import { claimComparisons, type StudyRow, studyLines, studyTable } from './science/table.ts'
import { testSet, testSkills } from './science/test-sets.ts'

const { values } = parseArgs({
  options: {
    base: { type: 'string', default: 'shapes' },
    clean: { type: 'string' },
    'drawn-by': { type: 'string' },
    split: { type: 'string', default: 'validation' },
    seeds: { type: 'string', default: '1,2,3,4,5' },
    'control-seeds': { type: 'string', default: '1,2,3,4,5' },
    controls: { type: 'string', default: controlNames.join(',') },
    prompts: { type: 'string', default: '400' },
    of: { type: 'string', default: '16' },
    least: { type: 'string', default: '1' },
    'error-rate': { type: 'string', default: '0.03' },
    guidance: { type: 'string', default: '3' },
    'sampling-steps': { type: 'string', default: '10' },
    scheduler: { type: 'string', default: 'dpm++-2m' },
    guidances: { type: 'string', default: '1,2,3,5,7.5,10' },
    weights: { type: 'string', default: '1,1.25' },
    steps: { type: 'string', default: '700' },
    rank: { type: 'string', default: '64' },
    'learning-rate': { type: 'string', default: '1.5e-3' },
    'caption-dropout': { type: 'string', default: '0' },
    'timestep-shift': { type: 'string', default: '1' },
    'ema-decay': { type: 'string' },
    'text-encoder': { type: 'boolean', default: false },
    targets: {
      type: 'string',
      default: 'to_q,to_k,to_v,to_out.0,ff.net.0.proj,ff.net.2,proj_in,proj_out',
    },
    skills: { type: 'string', default: 'color,count,spatial,size,background,paragraph' },
    'per-skill': { type: 'string', default: '40' },
    'test-set': { type: 'string', default: 'e7841cbe' },
    rows: { type: 'string' },
    out: { type: 'string', default: 'runs/science' },
  },
})
const { split } = values
if (split !== 'validation' && split !== 'test')
  fail('bad-input', `--split ${split}`, 'give validation or test')
const number = (name: keyof typeof values, of = values[name] as string): number => {
  const value = Number(of)
  if (of.trim() === '' || !Number.isFinite(value) || value < 0)
    fail('bad-input', `--${name} ${of}`, 'give a number')
  return value
}
const numbers = (name: keyof typeof values): number[] =>
  (values[name] as string).split(',').map((each) => number(name, each))

const [of, errorRate, least] = [number('of'), number('error-rate'), number('least')]
const scheduler =
  schedulerNames.find((name) => name === values.scheduler) ??
  fail('bad-input', `--scheduler ${values.scheduler}`, `choose one of ${schedulerNames.join(', ')}`)
const [target, ...targets] = values.targets.split(',')
const drawnBy = values['drawn-by'] === undefined ? undefined : await T2I.load(values['drawn-by'])
const condition: Condition = {
  name: [
    drawnBy ? `pictures by ${drawnBy.name}` : 'self-made pictures',
    of > 1
      ? `best of up to ${of} by a judge that errs in ${errorRate * 100} % of its answers, which must find ${least * 100} % right`
      : 'every picture kept',
  ].join(', '),
  skills: values.skills.split(',').map((name) => getSkill(name).name),
  prompts: number('prompts'),
  drawnBy,
  teacher: {
    guidance: number('guidance'),
    steps: number('sampling-steps'),
    scheduler,
    ...(of > 1 ? { choose: { of, errorRate, least } } : {}),
  },
  train: {
    rank: number('rank'),
    steps: number('steps'),
    batch: 32,
    learningRate: number('learning-rate'),
    schedule: 'cosine',
    finalRate: 0,
    captionDropout: number('caption-dropout'),
    targets: [target, ...targets],
    timestepShift: number('timestep-shift'),
    // Absent where they are off, as in jobs that were made before there was a choice.
    ...(values['ema-decay'] === undefined ? {} : { useEma: true, emaDecay: number('ema-decay') }),
    ...(values['text-encoder'] ? { trainTextEncoder: true } : {}),
  },
  controlSeeds: numbers('control-seeds'),
  controls: values.controls
    .split(',')
    .map(
      (given) =>
        controlNames.find((name) => name === given) ??
        fail('bad-input', `--controls ${given}`, `choose from ${controlNames.join(', ')}`),
    ),
}
const perSkill = number('per-skill')
// Guidance and weight are chosen on prompts of the skills that are asked for.
const asks = testSkills(values['test-set'])
const validation = suites.shapes({ split: 'validation', skills: asks, perSkill, seed: 1 })
const asked =
  split === 'test'
    ? testSet(values['test-set'])
    : suites.shapes({ split, skills: asks, perSkill, seed: 2, without: validation })
const setting = { validation, asked, guidances: numbers('guidances').sort((a, b) => a - b) }
const [weight, ...weights] = numbers('weights')
const out = resolve(values.out)

const study = new Map<string, StudyRow>()
const curves: Record<string, unknown> = {}

function take({ name, kind, rows, best, curve }: KeptModel, trainingSeed?: number): void {
  const known = study.get(name) ?? { name, kind, rows: [], best: [] }
  study.set(name, { ...known, rows: [...known.rows, ...rows], best: [...known.best, best] })
  const label = trainingSeed === undefined ? name : `${name}, seed ${trainingSeed}`
  curves[label] = curve
  const share = (of: (row: (typeof rows)[number]) => number) =>
    ((rows.reduce((sum, row) => sum + of(row), 0) / rows.length) * 100).toFixed(1)
  console.log(
    `${label}: guidance ${best.guidance}, weight ${best.weight}, DSG ${share(({ dsg }) => dsg)}, strict ${share((row) => Number(row.strict))}`,
  )
}

async function score(model: T2I, kind: string, candidate: Candidate): Promise<KeptModel> {
  const scored = { name: candidate.name, kind, ...(await scoreAtBest(model, candidate, setting)) }
  take(scored, candidate.trainingSeed)
  return scored
}

const base = await T2I.load(values.base)
await score(base, 'base', { name: 'base', weights: [1] })
if (values.clean) await score(await T2I.load(values.clean), 'ceiling', { name: 'clean base', weights: [1] })
for (const name of referenceRows)
  study.set(name, { name, kind: 'reference', rows: await scoreReference(name, asked), best: [] })
const teachers: Record<string, unknown> = {}
const seeds = numbers('seeds')
// What decides a seed's rows; which controls there are beside them does not.
const { controls: _, controlSeeds: __, ...decides } = condition
const key = sha256(
  JSON.stringify([
    { ...decides, drawnBy: drawnBy && (await hashCheckpoint(drawnBy.folder)) },
    await hashCheckpoint(base.folder),
    [validation.name, asked.name, setting.guidances, numbers('weights')],
  ]),
)
for (const seed of seeds) {
  const keeps = values.rows !== undefined && !condition.controlSeeds.includes(seed)
  const kept = keeps ? await readSeed(values.rows!, seed, key) : undefined
  if (kept) {
    for (const model of kept.models) take(model, seed)
    teachers[seed] = kept.teacher
    continue
  }
  const trained = await trainCondition(base, condition, seed)
  teachers[seed] = trained.teacher
  const models: KeptModel[] = []
  for (const { name, expert, scale, kind } of trained.rows)
    models.push(
      await score(base, kind, {
        name,
        expert,
        weights: scale === undefined ? [weight, ...weights] : [scale],
        trainingSeed: seed,
      }),
    )
  if (keeps) await writeSeed(values.rows!, seed, { key, teacher: trained.teacher ?? null, models })
}

const rows = [...study.values()]
const lines = studyLines(rows, condition.skills)
const { name: conditionName, prompts, teacher, train } = condition
const settingsBeside = [
  train.timestepShift === 1 ? '' : `, timesteps shifted by ${train.timestepShift}`,
  train.useEma ? `, moving average ${train.emaDecay}` : '',
  train.trainTextEncoder ? ', text encoder too' : '',
].join('')
const table = studyTable(
  lines,
  `${asked.name}: ${asked.items.length} prompts, every model at its own best guidance and LoRA weight (chosen on ${validation.name})`,
  [
    `Condition: ${conditionName}; skills ${condition.skills.join(', ')}, ${prompts} prompts each, teacher guidance ${teacher.guidance}, rank ${train.rank} on ${train.targets.join(', ')}, ${train.steps} steps at ${train.learningRate}, caption dropout ${train.captionDropout}${settingsBeside}; ${seeds.length} training seeds.`,
    'Judge: shapes scene reader. Intervals: 95 %, prompts within skills, training seeds as the upper level. Primary: merged; the other p are corrected by Holm.',
  ],
)
console.log(`\n${formatTable(table, 'text')}`)
const claimed = claimComparisons(rows)
for (const { a, b, dsg } of claimed)
  console.log(
    `${a} − ${b}: ${(dsg.mean * 100).toFixed(1)} [${(dsg.low * 100).toFixed(1)}, ${(dsg.high * 100).toFixed(1)}]`,
  )
await writeJson(join(out, `${split}.json`), {
  condition: { ...condition, drawnBy: drawnBy?.name },
  base: values.base,
  split,
  questions: asked.name,
  validation: validation.name,
  teachers,
  curves,
  lines,
  claims: claimed,
  provenance: await provenance({
    model: base,
    questions: asked.name,
    writer: 'the offline writer (no language model)',
  }),
})
for (const [format, extension] of [
  ['markdown', 'md'],
  ['csv', 'csv'],
  ['latex', 'tex'],
] as const) {
  await writeFileAtomic(join(out, `${split}.${extension}`), formatTable(table, format))
}
