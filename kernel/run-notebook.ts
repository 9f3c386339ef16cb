// Runs a notebook without a browser: cell after cell in a child process, outputs written into the .ipynb as
// they come. A crash of the child is an error in the notebook, never the end of the caller.
import { statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Use } from '../lib/api/used.ts'
import { SelmaError } from '../lib/base/errors.ts'
import { sha256 } from '../lib/base/files.ts'
import { type CellProcess, startCellProcess } from './child.ts'
import {
  type CodeCell,
  kernelspec,
  languageInfo,
  type Notebook,
  type NotebookOutput,
  readNotebook,
  tagsOf,
  writeNotebook,
} from './notebook.ts'
import { type DisplayIndex, OutputArea } from './output-area.ts'
import type { CellError, Output } from './outputs.ts'
import { injectParameters } from './parameters.ts'
import type { Preload } from './preload.ts'

/** What happens while a notebook runs. `index` counts all cells of the notebook from 0. */
export type NotebookProgress =
  | { type: 'cell-start'; index: number; id: string; total: number }
  | { type: 'output'; index: number; id: string; output: Output }
  | { type: 'cell-end'; index: number; id: string; status: 'ok' | 'error'; seconds: number }

export interface RunNotebookOptions {
  /** Where the executed notebook goes; default the notebook itself. */
  out?: string
  /** Values for the cell tagged `parameters` (papermill's convention). */
  parameters?: Readonly<Record<string, unknown>>
  /** Longest a single cell may run, in seconds; default no limit. */
  timeoutS?: number
  onProgress?: (event: NotebookProgress) => void
  /** Folder the cells run in; default the notebook's. */
  cwd?: string
  /** Added to the environment of the cells' process. */
  env?: Record<string, string | undefined>
  /** Which cells to run, by index or id; default all code cells. */
  cells?: readonly (number | string)[]
  /** Module whose exports the cells have in scope; default the library. */
  preload?: Preload | false
  /** Interrupts the running cell and ends the run; what was done is in the notebook. */
  signal?: AbortSignal
}

export interface RunNotebookResult {
  status: 'ok' | 'error'
  /** The executed notebook's file. */
  path: string
  /** Ids of the code cells that ran, the failed one included. */
  executed: string[]
  /** The cell that ended the run. `number` counts code cells from 1. */
  failed?: CellError & { index: number; number: number; id: string }
  /** Ids of the code cells that were to run and did not. */
  notRun: string[]
  seconds: number
}

/** Where a notebook keeps its widgets, so that they are drawn without a kernel; as nbclient writes it. */
const WIDGET_STATE = 'application/vnd.jupyter.widget-state+json'
/** The file is written at most this often while a cell runs, in ms. */
const WRITE_MS = 1000
/** How long an interrupted cell may take to stop its work, in ms. */
const GRACE_MS = 3000

function checkLanguage(notebook: Notebook, path: string): void {
  const { language, name } = (notebook.metadata.kernelspec ?? {}) as { language?: string; name?: string }
  if (language === undefined || /^(typescript|javascript)$/i.test(language)) return
  throw new SelmaError('unsupported', `${path} is a notebook of the kernel ${name} (${language})`, {
    hint: 'only TypeScript notebooks run here; choose the kernel "SELMA (TypeScript)" in JupyterLab and save it',
  })
}

function chosen(notebook: Notebook, cells: RunNotebookOptions['cells']): CodeCell[] {
  const all = notebook.cells.filter((one) => one.cell_type === 'code')
  if (!cells) return all.filter((one) => one.source.trim() !== '')
  const wanted = cells.map((one) => {
    const found = typeof one === 'number' ? notebook.cells[one] : notebook.cells.find(({ id }) => id === one)
    if (found?.cell_type === 'code') return found
    throw new SelmaError('bad-input', `the notebook has no code cell ${JSON.stringify(one)}`, {
      hint: `its code cells are: ${all.map(({ id }) => `${notebook.cells.findIndex((cell) => cell.id === id)} (${id})`).join(', ')}`,
    })
  })
  return all.filter((one) => wanted.includes(one))
}

/**
 * Hash of what a notebook is, whatever it has been run with: its cells' kinds, tags and sources, less the
 * injected parameters. SHA-256, hex.
 */
export function notebookHash({ cells }: Pick<Notebook, 'cells'>): string {
  const own = cells.filter((one) => !tagsOf(one).includes('injected-parameters'))
  return sha256(JSON.stringify(own.map((one) => [one.cell_type, tagsOf(one), one.source])))
}

const isNotError = (one: NotebookOutput) => one.output_type !== 'error'

/** Writes the notebook now and then while outputs come, and for certain at the end. */
function saver(path: string, notebook: Notebook) {
  let timer: NodeJS.Timeout | undefined
  let writing: Promise<void> = Promise.resolve()
  let failure: unknown
  const save = () => {
    clearTimeout(timer)
    timer = undefined
    writing = writing
      .then(() => writeNotebook(path, notebook))
      .then(
        () => {
          failure = undefined
        },
        (error) => {
          failure = error
        },
      )
    return writing.then(() => {
      if (failure) throw failure
    })
  }
  return {
    now: save,
    soon: () => {
      timer ??= setTimeout(() => void save().catch(() => {}), WRITE_MS)
    },
  }
}

/** Runs one cell to its end, whatever that is. */
async function runCell(
  child: CellProcess,
  cell: CodeCell,
  { timeoutS, signal }: Pick<RunNotebookOptions, 'timeoutS' | 'signal'>,
): Promise<{ count: number | null; error?: CellError; fatal: boolean }> {
  let stop: ((error: CellError) => void) | undefined
  const stopped = new Promise<CellError>((resolve) => {
    stop = resolve
  })
  const halt = (ename: string, evalue: string) => {
    stop?.({ ename, evalue, traceback: [`${ename}: ${evalue}`] })
  }
  const limit = timeoutS === undefined ? undefined : `the cell ran longer than ${timeoutS} s`
  const timer = limit ? setTimeout(() => halt('CellTimeout', limit), (timeoutS as number) * 1000) : undefined
  const abort = () => halt('Interrupted', 'the run was interrupted')
  signal?.addEventListener('abort', abort, { once: true })
  if (signal?.aborted) abort()
  try {
    const running = child.execute(cell.id, cell.source)
    const first = await Promise.race([
      running.then((reply) => ({ reply })),
      stopped.then((error) => ({ error })),
    ])
    if ('error' in first) {
      child.interrupt()
      const late = await Promise.race([
        running,
        new Promise<undefined>((resolve) => setTimeout(resolve, GRACE_MS, undefined)),
      ])
      return { count: late?.executionCount ?? null, error: first.error, fatal: true }
    }
    if (!first.reply) return { count: null, error: await child.ended, fatal: true }
    return { count: first.reply.executionCount, error: first.reply.error, fatal: false }
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
  }
}

/**
 * Executes a notebook headless.
 *
 * A failing cell is recorded in the notebook and ends the run, unless it is tagged `raises-exception`
 * (nbclient's convention). Execution times go into the metadata as nbclient and papermill write them.
 *
 * @throws SelmaError only for what is wrong before the first cell (file, language, parameters) and when the
 *   notebook cannot be written; a failing cell is in the result
 */
export async function runNotebook(
  path: string,
  options: RunNotebookOptions = {},
): Promise<RunNotebookResult> {
  const { out = path, parameters, onProgress, env, preload } = options
  const cwd = resolve(options.cwd ?? dirname(path))
  const notebook = await readNotebook(path)
  if (!statSync(cwd, { throwIfNoEntry: false })?.isDirectory()) {
    throw new SelmaError('not-found', `there is no folder ${cwd} to run the cells in`)
  }
  checkLanguage(notebook, path)
  if (parameters) injectParameters(notebook, parameters)
  const cells = chosen(notebook, options.cells)
  const codeCells = notebook.cells.filter((one): one is CodeCell => one.cell_type === 'code')
  for (const cell of cells) {
    cell.outputs = []
    cell.execution_count = null
    for (const ours of ['execution', 'papermill', 'selma']) delete cell.metadata[ours]
  }
  // Widgets of an earlier run live as long as an output of it may show them.
  if (!options.cells) delete notebook.metadata.widgets
  notebook.metadata.kernelspec = kernelspec
  notebook.metadata.language_info = languageInfo
  const started = new Date()
  const papermill: Record<string, unknown> = {
    input_path: path,
    output_path: out,
    parameters: parameters ?? {},
    environment_variables: {},
    start_time: started.toISOString(),
    end_time: null,
    duration: null,
    exception: null,
  }
  notebook.metadata.papermill = papermill
  notebook.metadata.selma = { version: 1, notebook: notebookHash(notebook) }
  const file = saver(out, notebook)
  await file.now()

  const displays: DisplayIndex = new Map()
  const areas = new Map(cells.map((one) => [one.id, new OutputArea(one.outputs, displays)]))
  const indexOf = new Map(notebook.cells.map((one, index) => [one.id, index]))
  const receive = (id: string, output: Output) => {
    const area = areas.get(id)
    if (!area) return
    area.apply(output)
    onProgress?.({ type: 'output', index: indexOf.get(id)!, id, output })
    file.soon()
  }
  const note = (id: string, use: Use) => {
    const cell = cells.find((one) => one.id === id)
    if (!cell) return
    const { uses = [] } = (cell.metadata.selma ?? {}) as { uses?: Use[] }
    cell.metadata.selma = { uses: [...uses, use] }
  }
  const keep = (state: Record<string, unknown>) => {
    notebook.metadata.widgets = { [WIDGET_STATE]: state }
  }
  const child = startCellProcess({ cwd, env, preload, onOutput: receive, onUse: note, onWidgets: keep })
  const executed: string[] = []
  let failed: RunNotebookResult['failed']
  try {
    await child.ready
    for (const cell of cells) {
      const index = indexOf.get(cell.id)!
      const { id } = cell
      onProgress?.({ type: 'cell-start', index, id, total: notebook.cells.length })
      executed.push(id)
      const begin = new Date()
      const { count, error, fatal } = await runCell(child, cell, options)
      const end = new Date()
      const seconds = (end.getTime() - begin.getTime()) / 1000
      cell.execution_count = count
      // A cell that was stopped says only that it was; why is known here.
      if (error && fatal) cell.outputs.splice(0, cell.outputs.length, ...cell.outputs.filter(isNotError))
      const ends = !cell.outputs.every(isNotError)
      if (error && !ends) receive(id, { output_type: 'error', ...error })
      const stamps = { start_time: begin.toISOString(), end_time: end.toISOString(), duration: seconds }
      cell.metadata.execution = {
        'iopub.execute_input': stamps.start_time,
        'iopub.status.busy': stamps.start_time,
        'iopub.status.idle': stamps.end_time,
        'shell.execute_reply': stamps.end_time,
      }
      cell.metadata.papermill = {
        ...stamps,
        exception: Boolean(error),
        status: error ? 'failed' : 'completed',
      }
      await file.now()
      onProgress?.({ type: 'cell-end', index, id, status: error ? 'error' : 'ok', seconds })
      if (error && (fatal || !tagsOf(cell).includes('raises-exception'))) {
        failed = { ...error, index, number: codeCells.indexOf(cell) + 1, id }
        break
      }
    }
  } finally {
    await child.close()
    const finished = new Date()
    papermill.end_time = finished.toISOString()
    papermill.duration = (finished.getTime() - started.getTime()) / 1000
    papermill.exception = failed ? true : null
    await file.now()
  }
  return {
    status: failed ? 'error' : 'ok',
    path: out,
    executed,
    failed,
    notRun: cells.map(({ id }) => id).filter((id) => !executed.includes(id)),
    seconds: papermill.duration as number,
  }
}
