// The page that every report is: its head, with a policy that loads nothing and runs its own scripts only, its
// provenance and its settings. Not what a report says: report.ts has sections, the kernel has notebooks.
import { escapeHtml } from './html.ts'
import { pagePolicy, pageStyle } from './page-scripts.ts'

/** What a line of provenance may hold; lists and records are shown line by line. */
export type ProvenanceValue =
  | string
  | number
  | boolean
  | null
  | readonly string[]
  | Readonly<Record<string, string | number | boolean>>

export interface SettingRow {
  name: string
  value: unknown
  /** Different from the default: marked by colour and by word. */
  changed: boolean
  /** What it would have been. */
  default?: unknown
  /** There is no default. */
  given?: boolean
}

function provenanceCell(value: ProvenanceValue): string {
  if (value === null) return '–'
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (typeof value !== 'object') return escapeHtml(String(value))
  const lines = Array.isArray(value)
    ? value.map((line) => escapeHtml(String(line)))
    : Object.entries(value).map(([name, inner]) => `${escapeHtml(name)}: ${provenanceCell(inner)}`)
  return lines.length > 0 ? `<ul>${lines.map((line) => `<li>${line}</li>`).join('')}</ul>` : '–'
}

function settingText(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value))
}

/** Settings with their values, those changed from the default marked. */
export function settingsTable(rows: SettingRow[]): string {
  const state = (row: SettingRow) => {
    if (row.given) return 'given'
    if (!row.changed) return 'default'
    return row.default === undefined ? 'changed' : `changed; default ${settingText(row.default)}`
  }
  const body = rows.map(
    (row) =>
      `<tr${row.changed ? ' class="changed"' : ''}><th scope="row">${escapeHtml(row.name)}</th><td class="value">${escapeHtml(settingText(row.value))}</td><td>${escapeHtml(state(row))}</td></tr>`,
  )
  return `<div class="scroll"><table class="settings"><thead><tr><th scope="col">setting</th><th scope="col">value</th><th scope="col">default?</th></tr></thead><tbody>${body.join('')}</tbody></table></div>`
}

/** The box that a report opens with. */
export function provenanceSection(provenance: Record<string, ProvenanceValue>): string {
  const lines = Object.entries(provenance).map(
    ([name, value]) => `<tr><th scope="row">${escapeHtml(name)}</th><td>${provenanceCell(value)}</td></tr>`,
  )
  return `<section class="provenance" aria-label="Provenance"><h2>Provenance</h2><table><tbody>${lines.join('')}</tbody></table></section>`
}

export interface PageOptions {
  title: string
  /** What stands below the title. */
  body: string
  /** The page's own scripts, run in order. */
  scripts?: readonly string[]
  /** Elements that go into the head. */
  head?: string
}

/** A page as one HTML document, that asks nobody for anything. `body` and `head` must be safe HTML. */
export function htmlPage({ title, body, scripts = [], head = '' }: PageOptions): string {
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${escapeHtml(pagePolicy(scripts))}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="referrer" content="no-referrer">',
    `<title>${escapeHtml(title)}</title>`,
    `<style>${pageStyle}</style>`,
    ...(head ? [head] : []),
    '</head>',
    '<body>',
    '<main>',
    `<h1>${escapeHtml(title)}</h1>`,
    body,
    '</main>',
    ...scripts.map((script) => `<script>${script}</script>`),
    '</body>',
    '</html>',
    '',
  ].join('\n')
}
