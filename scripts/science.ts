// `npm run science`: the study of docs/science.md, by the protocol of docs/evaluation.md. For each
// training seed every row is trained; its guidance is chosen on validation; at that guidance it is
// scored on the asked split. Hours on two cores, resumable at any point.
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { fail } from '../lib/base/errors.ts'
import { writeFileAtomic, writeJson } from '../lib/base/files.ts'
import {
  evaluate,
  formatTable,
  getSkill,
  type ModelScores,
  type ResultsTable,
  suites,
  T2I,
} from '../lib/index.ts'
import { compare, holm, type PictureRow, percent, summarize } from '../lib/metrics/index.ts'
import { type Condition, type Row, trainCondition } from './science/condition.ts'

const { values } = parseArgs({
  options: {
    base: { type: 'string', default: 'shapes' },
    split: { type: 'string', default: 'validation' },
    seeds: { type: 'string', default: '1,2,3,4,5' },
    prompts: { type: 'string', default: '200' },
    of: { type: 'string', default: '8' },
    'error-rate': { type: 'string', default: '0.1' },
    guidance: { type: 'string', default: '5' },
    steps: { type: 'string', default: '400' },
    rank: { type: 'string', default: '32' },
    skills: { type: 'string', default: 'color,count,spatial,size,background,paragraph' },
    'per-skill': { type: 'string', default: '40' },
    out: { type: 'string', default: 'runs/science' },
  },
})
if (values.split !== 'validation' && values.split !== 'test')
  fail('bad-input', `--split ${values.split}`, 'give validation or test')
const of = Number(values.of)
const condition: Condition = {
  name:
    of > 1
      ? `best of ${of} by a judge that errs in ${Number(values['error-rate']) * 100} % of its answers`
      : 'every picture kept',
  skills: values.skills.split(',').map((name) => getSkill(name).name),
  prompts: Number(values.prompts),
  teacher: {
    guidance: Number(values.guidance),
    steps: 20,
    ...(of > 1 ? { choose: { of, errorRate: Number(values['error-rate']) } } : {}),
  },
  train: { rank: Number(values.rank), steps: Number(values.steps), batch: 32, learningRate: 1e-3 },
}
const guidances = [1, 2, 3, 5, 7.5, 10]
const perSkill = Number(values['per-skill'])
const validation = suites.shapes({ split: 'validation', perSkill, seed: 1 })
const asked = suites.shapes({ split: values.split, perSkill, seed: values.split === 'test' ? 0 : 2 })
const out = resolve(values.out)

/** The curve on validation, and the guidance with the highest DSG. */
async function bestGuidance(
  model: T2I,
  name: string,
): Promise<{ guidance: number; curve: { guidance: number; dsg: number }[] }> {
  const curve: { guidance: number; dsg: number }[] = []
  for (const guidance of guidances) {
    const scores = await evaluate(model, validation, { guidance, seeds: [0], name })
    curve.push({ guidance, dsg: scores.summary().dsg.mean })
  }
  return { guidance: curve.reduce((best, each) => (each.dsg > best.dsg ? each : best)).guidance, curve }
}

const base = await T2I.load(values.base)
const collected = new Map<string, { kind: Row['kind'] | 'base'; rows: PictureRow[]; guidances: number[] }>()
const curves: Record<string, unknown> = {}

async function score(
  model: T2I,
  name: string,
  kind: Row['kind'] | 'base',
  trainingSeed?: number,
): Promise<void> {
  const { guidance, curve } = await bestGuidance(model, name)
  const scores: ModelScores = await evaluate(model, asked, { guidance, seeds: [0, 1], name, trainingSeed })
  const known = collected.get(name) ?? { kind, rows: [], guidances: [] }
  known.rows.push(...scores.rows)
  known.guidances.push(guidance)
  collected.set(name, known)
  curves[trainingSeed === undefined ? name : `${name}, seed ${trainingSeed}`] = curve
  const { dsg, strict } = scores.summary()
  console.log(
    `${name}${trainingSeed === undefined ? '' : `, seed ${trainingSeed}`}: guidance ${guidance}, DSG ${(dsg.mean * 100).toFixed(1)}, strict ${(strict.mean * 100).toFixed(1)}`,
  )
}

await score(base, 'base', 'base')
const teachers: Record<string, unknown> = {}
for (const seed of values.seeds.split(',').map(Number)) {
  const trained = await trainCondition(base, condition, seed)
  teachers[seed] = trained.teacher
  for (const { name, expert, weight, kind } of trained.rows)
    await score(base.with(expert, { weight, name }), name, kind, seed)
}

const reference = collected.get('base')!.rows.map((row) => ({ ...row, guidance: undefined }))
const strip = (rows: readonly PictureRow[]): PictureRow[] =>
  rows.map((row) => ({ ...row, guidance: undefined }))
const lines = [...collected].map(([name, { kind, rows, guidances: chosen }]) => {
  const { dsg, strict, objects } = summarize(strip(rows))
  const difference =
    kind === 'base'
      ? undefined
      : {
          dsg: compare(strip(rows), reference),
          strict: compare(strip(rows), reference, { measure: 'strict' }),
        }
  return { name, kind, guidances: chosen, dsg, strict, objects, difference }
})
const adjusted = holm(lines.map(({ difference }) => difference?.dsg.p ?? 1))
const table: ResultsTable = {
  title: `${asked.name}: ${asked.items.length} prompts, every model at its own best guidance (chosen on ${validation.name})`,
  labels: 'model',
  columns: [
    { title: 'guidance' },
    { title: 'DSG %', ...percent },
    { title: 'strict %', ...percent },
    { title: 'Δ DSG', ...percent },
    { title: 'p (Holm)', digits: 4 },
    { title: 'Δ strict', ...percent },
  ],
  rows: lines.map(({ name, guidances: chosen, dsg, strict, difference }, i) => ({
    label: name,
    cells: [
      [...new Set(chosen)].join(', '),
      dsg,
      strict,
      difference?.dsg,
      difference ? adjusted[i] : undefined,
      difference?.strict,
    ],
  })),
  notes: [
    `Condition: ${condition.name}; ${condition.prompts} prompts a skill, teacher guidance ${condition.teacher.guidance}, rank ${condition.train.rank}, ${condition.train.steps} steps.`,
    'Judge: shapes scene reader. 95 % intervals: prompts within skills, training seeds as the upper level.',
  ],
}
console.log(`\n${formatTable(table, 'text')}`)
await writeJson(join(out, `${values.split}.json`), {
  condition,
  base: values.base,
  split: values.split,
  questions: asked.name,
  teachers,
  curves,
  lines,
})
for (const [format, extension] of [
  ['markdown', 'md'],
  ['csv', 'csv'],
  ['latex', 'tex'],
] as const) {
  await writeFileAtomic(join(out, `${values.split}.${extension}`), formatTable(table, format))
}
