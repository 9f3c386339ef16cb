// A grid of runs as one page: which runs there are, how they ended, where their reports lie. The results
// themselves are in the reports of the runs.
import { surroundings } from '../../lib/api/provenance.ts'
import { escapeHtml, htmlPage, provenanceSection } from '../../lib/plots/index.ts'
import { notebookStyle } from './style.ts'

/** A run of a grid, as it ended. */
export interface GridRun {
  name: string
  parameters: Record<string, unknown>
  status: 'finished' | 'failed' | 'skipped'
  seconds: number
  error?: string
  /** Its report, relative to the page. */
  report?: string
}

/** The overview of a grid as an HTML document. */
export async function gridOverview(
  title: string,
  about: Record<string, string>,
  runs: readonly GridRun[],
): Promise<string> {
  const count = (status: GridRun['status']) => runs.filter((run) => run.status === status).length
  const provenance = {
    date: `${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC`,
    ...about,
    ...(await surroundings()),
    runs: `${runs.length} planned, ${count('finished')} finished, ${count('failed')} failed, ${count('skipped')} done before`,
  }
  const names = [...new Set(runs.flatMap(({ parameters }) => Object.keys(parameters)))]
  const text = (value: unknown) =>
    escapeHtml(typeof value === 'string' ? value : (JSON.stringify(value) ?? ''))
  const rows = runs.map(({ name, parameters, status, seconds, error, report }) => {
    const link = report
      ? `<a href="${escapeHtml(report.split('/').map(encodeURIComponent).join('/'))}">${escapeHtml(name)}</a>`
      : escapeHtml(name)
    const values = names.map((each) => `<td>${text(parameters[each])}</td>`).join('')
    const how = status === 'skipped' ? 'done before' : status
    return `<tr><th scope="row">${link}</th>${values}<td${status === 'failed' ? ' class="state bad"' : ''}>${how}${error ? `: ${escapeHtml(error)}` : ''}</td><td class="number">${seconds.toFixed(1)}</td></tr>`
  })
  const head = ['run', ...names, 'status', 'seconds'].map(
    (each) => `<th scope="col">${escapeHtml(each)}</th>`,
  )
  return htmlPage({
    title,
    head: `<style>${notebookStyle}</style>`,
    body: `${provenanceSection(provenance)}\n<section><h2>Runs</h2><div class="scroll"><table><thead><tr>${head.join('')}</tr></thead><tbody>${rows.join('')}</tbody></table></div></section>`,
  })
}
