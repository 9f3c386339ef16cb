// Starting again a job that has ended without a result, from its directory alone: job.json says everything that it was
// started with. Not by its settings (submit.ts), which need the stage's code in this process.
import { rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { fail } from '../base/errors.ts'
import { recordProcess } from './claim.ts'
import { writeControl } from './control.ts'
import { isAlive, jobFiles, lockOf, readJobFile, readResultFile } from './directory.ts'
import { withLock } from './lock.ts'
import { jobsAtOnce } from './queue.ts'
import { spawnWorker } from './spawn.ts'
import type { StartOptions } from './submit.ts'

/**
 * Makes a stopped, failed or killed job go on from its last saved state, in a process of its own; one that runs or
 * has its result is left as it is.
 *
 * @param dir the job's directory
 * @throws SelmaError `not-found` where there is no job, `bad-file` when job.json is damaged, `io`, `engine`
 */
export async function restartJob(
  dir: string,
  { atOnce, env = {}, modules = [] }: Pick<StartOptions, 'atOnce' | 'env' | 'modules'> = {},
): Promise<void> {
  const full = resolve(dir)
  await withLock(lockOf(full), async () => {
    if ((await readResultFile(full)) || isAlive(full)) return
    if (!(await readJobFile(full)))
      fail('not-found', `no job in ${full}, or its ${jobFiles.job} is damaged`, 'run its cell again')
    await rm(join(full, jobFiles.error), { force: true })
    // Whatever was asked of an earlier process, this one is asked to run.
    await writeControl(full, 'run')
    const options = {
      dir: full,
      atOnce: jobsAtOnce(atOnce),
      env,
      modules: modules.map((path) => resolve(path)),
    }
    await recordProcess(full, await spawnWorker(options), { inline: false })
  })
}
