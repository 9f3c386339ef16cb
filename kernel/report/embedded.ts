// What a report carries so that it can be made again: the notebook, its parameters, and what its cells gave. And
// the seal that tells whether the file is still as it was written; it is no signature: who forges can seal too.
import { z } from 'zod'
import { fail } from '../../lib/base/errors.ts'
import { sha256 } from '../../lib/base/files.ts'
import { jsonForScript } from '../../lib/plots/index.ts'
import { parseNotebook } from '../notebook.ts'
import { comparableSchema } from './comparable.ts'

const record = z.record(z.string(), z.unknown())
const embedded = z.object({
  format: z.literal('selma-report'),
  version: z.literal(1),
  /** The notebook's file name. */
  name: z.string().regex(/^[^/\\]+\.ipynb$/),
  /** The notebook without outputs and injected parameters. */
  notebook: z.unknown().transform((value) => parseNotebook(value, 'the notebook in the report')),
  parameters: record,
  timeoutS: z.number().positive().optional(),
  provenance: record,
  settings: record,
  cells: z.array(
    z.object({
      id: z.string(),
      /** Counts code cells from 1. */
      number: z.number().int(),
      status: z.enum(['ok', 'failed', 'not run']),
      outputs: z.array(comparableSchema),
    }),
  ),
})
/** What a report carries. */
export type Embedded = z.output<typeof embedded>

const open = '<script type="application/json" id="selma-report">'
const zeros = '0'.repeat(64)
const seal = /<meta name="selma-seal" content="([0-9a-f]{64})">/

/** The elements for the page's head. */
export function embeddedHtml(data: Embedded): string {
  return `<meta name="selma-seal" content="${zeros}">\n${open}${jsonForScript(data)}</script>`
}

// Mail and version control turn line ends; that is no edit.
const digest = (html: string): string => sha256(html.replaceAll('\r\n', '\n'))

/** Puts the hash of the page into its seal. */
export function sealed(html: string): string {
  return html.replace(seal, (meta) => meta.replace(zeros, digest(html)))
}

/**
 * What a report carries.
 *
 * @throws SelmaError `bad-file` when it is no report of `selma run --html`, or has been changed; `unsupported`
 *   for a later version's
 */
export function readEmbedded(html: string, path: string): Embedded {
  const found = seal.exec(html)
  const from = html.indexOf(open)
  if (!found || from < 0)
    fail(
      'bad-file',
      `${path} does not carry a notebook`,
      'give a report.html that `selma run NOTEBOOK --html` wrote; other pages cannot be made again',
    )
  if (digest(html.replace(found[0], found[0].replace(found[1], zeros))) !== found[1])
    fail(
      'bad-file',
      `${path} has been changed since it was written`,
      'get the file as it was, or run its notebook',
    )
  const start = from + open.length
  const value = JSON.parse(html.slice(start, html.indexOf('</script>', start)))
  if (typeof value?.version === 'number' && value.version > 1)
    fail('unsupported', `${path} was written by a later version`, 'update SELMA Lab')
  const parsed = embedded.safeParse(value)
  return parsed.success
    ? parsed.data
    : fail('bad-file', `${path} carries what this version cannot read: ${z.prettifyError(parsed.error)}`)
}
