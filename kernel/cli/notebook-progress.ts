// A notebook's progress for people: which section is at work, which job it waits for. The executing itself is
// kernel/run-notebook.ts.
import { dirname } from 'node:path'
import { SelmaError } from '../../lib/base/errors.ts'
import { jobsRoot, listJobs, openJob } from '../../lib/jobs/index.ts'
import { readNotebook, tagsOf } from '../notebook.ts'
import { type RunNotebookOptions, type RunNotebookResult, runNotebook } from '../run-notebook.ts'
import type { Context } from './perform.ts'
import { duration, oneLine } from './plain.ts'
import { shortPath } from './run-stage.ts'

/** How often the jobs are looked at, ms. */
const LOOK = 2_000

/** The heading that each cell stands under, by the cell's id, and how many code cells will run. */
async function outline(
  path: string,
  injected: boolean,
): Promise<{ titles: Map<string, string>; count: number }> {
  const { cells } = await readNotebook(path)
  let title = ''
  const titles = new Map<string, string>()
  for (const { id, cell_type, source } of cells) {
    if (cell_type === 'markdown') title = /^#{1,6}\s+(.+)$/m.exec(source)?.[1].trim() ?? title
    titles.set(id, title)
  }
  const own = cells.filter((one) => {
    return one.cell_type === 'code' && one.source.trim() && !tagsOf(one).includes('injected-parameters')
  })
  return { titles, count: own.length + Number(injected) }
}

export interface WatchedOptions extends RunNotebookOptions {
  /** Store of the cells' jobs, as in $SELMA_HOME; default this process's. */
  home?: string
}

/**
 * Runs a notebook, telling what it does; an interrupt saves and stops the jobs it started.
 *
 * @throws SelmaError `stopped` when interrupted; what `runNotebook` throws
 */
export async function runWatched(
  path: string,
  { home = dirname(jobsRoot()), ...options }: WatchedOptions,
  { progress, signal }: Context,
): Promise<RunNotebookResult> {
  const injected = Object.keys(options.parameters ?? {}).length > 0
  const { titles, count } = await outline(path, injected)
  const root = `${home}/jobs`
  const before = new Set((await listJobs(root)).filter(({ process }) => process).map(({ id }) => id))
  /** Jobs at work that were not when the notebook began. */
  const jobs = async () => (await listJobs(root)).filter(({ id, process }) => process && !before.has(id))
  let shown = ''
  let current = ''
  let number = 0
  let looking = false
  const look = async (): Promise<void> => {
    if (looking || current === '') return
    looking = true
    const job = (await jobs().catch(() => [])).find(({ progress }) => progress)
    looking = false
    const at = job?.progress
      ? `${job.stage} ${job.progress.done}/${job.progress.total} ${job.progress.unit}`
      : ''
    if (current !== '' && at) progress.update(`${current}: ${at}`)
  }
  const timer = setInterval(() => void look(), LOOK)
  try {
    const result = await runNotebook(path, {
      ...options,
      signal,
      env: { ...options.env, SELMA_HOME: home },
      onProgress: (event) => {
        options.onProgress?.(event)
        if (event.type === 'output') return
        if (event.type === 'cell-start') {
          const title = titles.get(event.id) ?? shown
          if (title !== shown) progress.line(oneLine(title))
          shown = title
          current = `  cell ${++number}/${count}`
          progress.update(`${current} …`)
        } else {
          current = ''
          progress.end({ drop: true })
          const how = event.status === 'error' ? 'failed' : 'done'
          progress.line(`  cell ${number}/${count} ${how} in ${duration(event.seconds)}`)
        }
      },
    })
    if (signal.aborted && result.failed) {
      const stopped = await jobs()
      for (const { dir } of stopped) await (await openJob(dir)).stop()
      throw new SelmaError('stopped', `${shortPath(path)} was stopped at cell ${result.failed.number}`, {
        hint: 'run the same command again: finished jobs are taken from the cache, a stopped one goes on',
      })
    }
    return result
  } finally {
    clearInterval(timer)
  }
}
