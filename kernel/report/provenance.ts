// Where a notebook's results come from, gathered from what its cells told while they ran (lib/api/used.ts): the
// provenance that a report opens with, and every resolved setting.
import { surroundings } from '../../lib/api/provenance.ts'
import type { Hashed, Use } from '../../lib/api/used.ts'
import type { ProvenanceValue, SettingRow } from '../../lib/plots/index.ts'
import { type Provider, providers } from '../../lib/runtime/index.ts'
import { type CodeCell, type Notebook, tagsOf } from '../notebook.ts'
import { declaredParameters } from '../parameters.ts'

/** What the cells of an executed notebook used. */
export function usesOf({ cells }: Pick<Notebook, 'cells'>): Use[] {
  return cells.flatMap(({ metadata }) => {
    const { uses } = (metadata.selma ?? {}) as { uses?: unknown }
    return Array.isArray(uses) ? (uses as Use[]) : []
  })
}

/** Hashes by name; two contents of one name stand side by side. */
function hashes(all: readonly (Hashed | undefined)[]): Record<string, string> {
  const found = new Map<string, Set<string>>()
  for (const one of all) {
    if (one) found.set(one.name, (found.get(one.name) ?? new Set()).add(one.hash.slice(0, 16)))
  }
  return Object.fromEntries([...found].map(([name, each]) => [name, [...each].join(', ')]))
}

function writers(uses: readonly Use[]): string[] {
  const lines = uses.flatMap(({ writer, when }) => {
    if (!writer) return []
    const day = when.slice(0, 10)
    if (writer.kind !== 'llm') return [`the offline template writer (no language model), ${day}, no cost`]
    const cost = writer.costUSD === undefined ? 'cost unknown' : `$${writer.costUSD.toFixed(4)}`
    return [`${writer.name}, ${day}, ${writer.tokens ?? 0} tokens, ${cost}`]
  })
  return [...new Set(lines)]
}

const listed = (counts: Record<string, number>): string =>
  Object.entries(counts)
    .filter(([name, count]) => count > 0 || name === 'finished' || name === 'failed')
    .map(([name, count]) => `${count} ${name}`)
    .join(', ')

/** How a code cell ended; one that is meant to fail (tag `raises-exception`) has not failed. */
export function cellStatus(cell: CodeCell): 'ok' | 'failed' | 'not run' {
  const { status } = (cell.metadata.papermill ?? {}) as { status?: string }
  if (status === undefined) return 'not run'
  return status === 'completed' || tagsOf(cell).includes('raises-exception') ? 'ok' : 'failed'
}

/** Code cells that were to run: those with something in them. */
export function codeCells({ cells }: Pick<Notebook, 'cells'>): CodeCell[] {
  return cells.filter((one): one is CodeCell => one.cell_type === 'code' && one.source.trim() !== '')
}

const filled = (value: ProvenanceValue | undefined): boolean =>
  value !== undefined && (typeof value !== 'object' || Object.keys(value ?? {}).length > 0)

/** What computed: a use names a device only where it is not the CPU. */
function devicesOf(uses: readonly Use[]): Provider[] {
  const computed = uses.filter(({ stage }) => stage !== 'load' && stage !== 'merge')
  const found = providers.filter((name) =>
    computed.some(({ settings }) => (settings?.device ?? 'cpu') === name),
  )
  return found.length > 0 ? found : ['cpu']
}

/**
 * The provenance of an executed notebook, in the order in which it is shown.
 *
 * @param name the notebook's file name
 */
export async function notebookProvenance(
  notebook: Notebook,
  name: string,
): Promise<Record<string, ProvenanceValue>> {
  const uses = usesOf(notebook)
  const { start_time: start, duration } = (notebook.metadata.papermill ?? {}) as Record<string, unknown>
  const { notebook: hash } = (notebook.metadata.selma ?? {}) as { notebook?: string }
  const made = (kind: string) => hashes(uses.map(({ made: one }) => (one?.kind === kind ? one : undefined)))
  const jobs = uses.filter(({ stage }) => !['load', 'draw', 'merge'].includes(stage))
  const inState = (state: Use['state']) => jobs.filter((one) => one.state === state).length
  const states = codeCells(notebook).map(cellStatus)
  const all: Record<string, ProvenanceValue | undefined> = {
    date: typeof start === 'string' ? `${start.slice(0, 16).replace('T', ' ')} UTC` : undefined,
    took: typeof duration === 'number' ? `${duration.toFixed(1)} s` : undefined,
    notebook: `${name}${hash ? `, ${hash.slice(0, 16)}` : ''}`,
    ...(await surroundings(devicesOf(uses))),
    base: hashes(uses.map(({ base }) => base)),
    prompts: made('prompts'),
    data: made('data'),
    experts: made('expert'),
    'test set': hashes(uses.map(({ testSet }) => testSet)),
    judge: [...new Set(uses.flatMap(({ judge }) => judge ?? []))],
    'prompts written by': writers(uses),
    cells: `${states.length} planned, ${listed({
      finished: states.filter((one) => one === 'ok').length,
      failed: states.filter((one) => one === 'failed').length,
      'not run': states.filter((one) => one === 'not run').length,
    })}`,
    runs:
      jobs.length > 0
        ? `${jobs.length} planned, ${listed({
            finished: inState('finished'),
            failed: inState('failed'),
            stopped: inState('stopped'),
            'not waited for': inState('started'),
            'of them from the cache': jobs.filter(({ cached }) => cached).length,
          })}`
        : undefined,
  }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => filled(value))) as Record<
    string,
    ProvenanceValue
  >
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

/** The notebook's parameters and every setting that its calls resolved, those of one stage together. */
export function settingRows(notebook: Notebook): SettingRow[] {
  const { parameters = {} } = (notebook.metadata.papermill ?? {}) as { parameters?: Record<string, unknown> }
  const own = (declaredParameters(notebook) ?? []).map(({ name, default: usual }): SettingRow => {
    const given = name in parameters && JSON.stringify(parameters[name]) !== usual?.replaceAll("'", '"')
    return given
      ? { name, value: parameters[name], changed: true, default: usual }
      : { name, value: usual, changed: false }
  })
  const rows = new Map<string, { values: unknown[]; default: unknown; changed: boolean }>()
  for (const { stage, settings = {}, defaults = {} } of usesOf(notebook)) {
    for (const [setting, value] of Object.entries(settings)) {
      const name = `${stage}.${setting}`
      const row = rows.get(name) ?? { values: [], default: defaults[setting], changed: false }
      if (!row.values.some((one) => same(one, value))) row.values.push(value)
      row.changed ||= setting in defaults && !same(value, defaults[setting])
      rows.set(name, row)
    }
  }
  const resolved = [...rows].map(([name, { values, default: usual, changed }]): SettingRow => {
    const value = values.length === 1 ? values[0] : values.map(text).join(' · ')
    return { name, value, changed, default: usual, given: usual === undefined }
  })
  return [...own, ...resolved]
}

const text = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))
