// The study's table: every row's scores, its difference to the base on all prompts and on those of trained
// and untrained skills, one primary comparison, the rest corrected for being many.
import type { ResultsTable } from '../../lib/index.ts'
import {
  type Comparison,
  compare,
  holm,
  type PictureRow,
  percent,
  summarize,
} from '../../lib/metrics/index.ts'

export interface StudyRow {
  name: string
  kind: string
  rows: PictureRow[]
  /** The best guidance and LoRA weight of each training seed. */
  best: { guidance: number; weight: number }[]
}

const some = (rows: readonly PictureRow[], skills: readonly string[], inside: boolean): PictureRow[] =>
  rows.filter(({ skill }) => skills.includes(skill ?? '') === inside)

const different = (values: readonly number[]): string => [...new Set(values)].sort((a, b) => a - b).join(', ')

const trainedSeeds = (rows: readonly PictureRow[]): number =>
  new Set(rows.flatMap(({ trainingSeed }) => trainingSeed ?? [])).size

/** Scores and differences of each row, as they go into the results file. */
export function studyLines(study: readonly StudyRow[], trainedSkills: readonly string[]) {
  const base = study.find(({ kind }) => kind === 'base')!.rows
  return study.map(({ name, kind, rows, best }) => {
    const { dsg, strict, objects, objectsAsked, unreadable, diversity } = summarize(rows)
    const scores = { name, kind, best, trainingSeeds: trainedSeeds(rows), dsg, strict }
    const rest = { objects, objectsAsked, unreadable, diversity }
    if (kind === 'base' || kind === 'reference') return { ...scores, ...rest, toBase: undefined }
    const over = (inside: boolean) => {
      const [mine, theirs] = [some(rows, trainedSkills, inside), some(base, trainedSkills, inside)]
      return mine.length > 0 ? compare(mine, theirs) : undefined
    }
    const toBase = {
      dsg: compare(rows, base),
      strict: compare(rows, base, { measure: 'strict' }),
      trained: over(true),
      untrained: over(false),
    }
    return { ...scores, ...rest, toBase }
  })
}
export type StudyLine = ReturnType<typeof studyLines>[number]

/** Pairs of rows that the method's claims rest on. */
const claims: readonly [string, string][] = [
  ['merged', 'mixed, steps of one expert'],
  ['merged', 'mixed, steps of all experts'],
  ['merged', 'merged random splits'],
  ['merged', 'merged (average of factors)'],
  ['merged', 'merged, shuffled captions'],
  ['merged', 'mixed, prompts as in pre-training'],
]

/** Rows of the training seeds that the others have, too: not every seed has its controls. */
const ofSeeds = (rows: readonly PictureRow[], others: readonly PictureRow[]): PictureRow[] => {
  const seeds = new Set(others.map(({ trainingSeed }) => trainingSeed))
  return rows.filter(({ trainingSeed }) => seeds.has(trainingSeed))
}

/** `a − b` for every claim whose rows are there, over the training seeds that both have. */
export function claimComparisons(
  study: readonly StudyRow[],
): { a: string; b: string; dsg: Comparison; strict: Comparison }[] {
  const rowsOf = (name: string) => study.find((row) => row.name === name)?.rows
  return claims.flatMap(([a, b]) => {
    const [left, right] = [rowsOf(a), rowsOf(b)]
    if (!left || !right) return []
    const mine = ofSeeds(left, right)
    return [{ a, b, dsg: compare(mine, right), strict: compare(mine, right, { measure: 'strict' }) }]
  })
}

/** The main table. The row `merged` is the primary comparison; the others' p are Holm's. */
export function studyTable(
  lines: readonly StudyLine[],
  title: string,
  notes: readonly string[],
): ResultsTable {
  const exploratory = lines.filter(({ name, toBase }) => toBase && name !== 'merged')
  const corrected = holm(exploratory.map(({ toBase }) => toBase!.dsg.p))
  const p = (line: StudyLine): number | undefined =>
    line.name === 'merged' ? line.toBase?.dsg.p : corrected[exploratory.indexOf(line)]
  return {
    title,
    labels: 'model',
    columns: [
      { title: 'guidance' },
      { title: 'weight' },
      { title: 'DSG %', ...percent },
      { title: 'strict %', ...percent },
      { title: 'Δ DSG', ...percent },
      { title: 'Δ strict', ...percent },
      { title: 'p', digits: 4 },
      { title: 'Δ trained skills', ...percent },
      { title: 'Δ untrained skills', ...percent },
    ],
    rows: lines.map((line) => ({
      label: line.name,
      cells: [
        different(line.best.map(({ guidance }) => guidance)),
        line.toBase ? different(line.best.map(({ weight }) => weight)) : '',
        line.dsg,
        line.strict,
        line.toBase?.dsg,
        line.toBase?.strict,
        p(line),
        line.toBase?.trained,
        line.toBase?.untrained,
      ],
    })),
    notes: [...notes],
  }
}
