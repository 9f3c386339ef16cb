// Results written down: `results.json` for programs and `report.html` for people, one file each,
// the second self-contained.
import { join, resolve } from 'node:path'
import { writeFileAtomic, writeJson } from '../base/files.ts'
import { trainOptions } from '../experts/index.ts'
import { formatTable, percent, type ResultsTable } from '../metrics/index.ts'
import { htmlReport, type ReportSection } from '../plots/index.ts'
import { displaySymbol, type MimeBundle, type ShownTable, shown } from './display.ts'
import { type ModelScores, type PairedComparison, scoreBars, scoreTable } from './evaluate.ts'
import type { Provenance } from './provenance.ts'

export interface ReportInput {
  title: string
  /** What the reader should know first: the question, the condition, its limits. Markdown. */
  summary: string
  provenance: Provenance
  scores: readonly ModelScores[]
  comparisons?: readonly PairedComparison[]
  /** Every resolved setting, by stage. */
  settings: Record<string, Record<string, unknown>>
  /** Further figures, pictures and text, after the tables. */
  sections?: readonly ReportSection[]
}

const interval = ({ mean, low, high, n }: { mean: number; low: number; high: number; n: number }) => ({
  mean,
  low,
  high,
  n,
})

/** Differences as one table. */
export function comparisonTable(comparisons: readonly PairedComparison[]): ShownTable {
  return shown({
    title: 'Paired differences, points',
    labels: 'comparison',
    columns: [
      { title: 'DSG', ...percent },
      { title: 'p', digits: 4 },
      { title: 'strict', ...percent },
      { title: 'p', digits: 4 },
    ],
    rows: comparisons.map(({ a, b, measures: [dsg, strict] }) => ({
      label: `${a} − ${b}`,
      cells: [dsg, dsg.p, strict, strict?.p],
    })),
    notes: [
      'Same prompts and seeds in both models; 95 % intervals, bootstrap over prompts within skills. The first row is the primary comparison, the rest are exploratory.',
    ],
  })
}

const defaults: Record<string, Record<string, unknown>> = { train: trainOptions.parse({}) }

function settingRows(settings: ReportInput['settings']) {
  return Object.entries(settings).flatMap(([stage, values]) =>
    Object.entries({ ...defaults[stage], ...values }).map(([name, value]) => ({
      name: `${stage}.${name}`,
      value,
      changed: name in values && JSON.stringify(values[name]) !== JSON.stringify(defaults[stage]?.[name]),
    })),
  )
}

/** What `report` wrote. */
export class WrittenReport {
  readonly results: string
  readonly html: string

  constructor(results: string, html: string) {
    this.results = results
    this.html = html
  }

  [displaySymbol](): MimeBundle {
    return { 'text/plain': `written: ${this.html} and ${this.results}` }
  }
}

/**
 * Writes `results.json` and `report.html` into a folder.
 *
 * @throws SelmaError `io` when the folder cannot be written; nothing half-written stays
 */
export async function report(folder: string, input: ReportInput): Promise<WrittenReport> {
  const { title, summary, provenance, scores, comparisons = [], settings, sections = [] } = input
  const dir = resolve(folder)
  const table = scoreTable(scores)
  const models = scores.map((score) => {
    const { guidance, judge, dsg, strict, objects, objectsAsked, unreadable } = score.summary()
    return {
      name: score.name,
      guidance,
      judge,
      dsg: interval(dsg),
      strict: interval(strict),
      objects: objects?.mean,
      objectsAsked: objectsAsked?.mean,
      unreadable: unreadable?.mean,
      byCategory: score.byCategory(),
    }
  })
  const differences = comparisons.flatMap(({ a, b, measures }) =>
    measures.map((each, i) => ({ a, b, measure: ['dsg', 'strict'][i], ...interval(each), p: each.p })),
  )
  const results = join(dir, 'results.json')
  await writeJson(results, {
    title,
    provenance,
    questions: scores[0].questions.name,
    models,
    comparisons: differences,
    settings,
  })
  const tableSection = (each: ResultsTable): ReportSection => ({
    kind: 'table',
    html: formatTable(each, 'html'),
    csv: formatTable(each, 'csv'),
  })
  const html = join(dir, 'report.html')
  const page = await htmlReport({
    title,
    provenance: provenance as never,
    sections: [
      { kind: 'text', markdown: summary },
      { title: 'Scores', ...tableSection(table) },
      ...(comparisons.length > 0
        ? [{ title: 'Differences', ...tableSection(comparisonTable(comparisons)) }]
        : []),
      { title: 'Scores as a chart', kind: 'figure', figure: scoreBars(scores, 'dsg') },
      { kind: 'figure', figure: scoreBars(scores, 'strict') },
      ...sections,
      { title: 'Settings', kind: 'settings', rows: settingRows(settings) },
    ],
  })
  await writeFileAtomic(html, page)
  return new WrittenReport(results, html)
}
