// Stages for the tests of lib/jobs, run by real worker processes (`--stages` of lib/worker.ts).
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { SelmaError } from '../../../lib/base/errors.ts'
import { Random } from '../../../lib/base/random.ts'
import { defineStage, type JobContext } from '../../../lib/jobs/index.ts'

const trouble = z.enum(['none', 'selma', 'bug', 'uncaught', 'abort', 'exit', 'file', 'function', 'secret'])

const settings = z.object({
  seed: z.int().default(0),
  steps: z.int().positive().default(20),
  /** Milliseconds a step. */
  delay: z.number().nonnegative().default(0),
  /** A checkpoint every so many steps. */
  every: z.int().positive().default(5),
  trouble: trouble.default('none'),
  /** The step at which there is trouble, in the first attempt only. */
  troubleAt: z.int().default(10),
  /** Blocks the event loop for so long each step, as native code does (milliseconds). */
  block: z.number().default(0),
})
type Settings = z.output<typeof settings>

export interface Sum {
  sum: number
  steps: number
}

/** Adds up random numbers, one a step: cut short and resumed, it must give the same sum. */
export const sumStage = defineStage({
  name: 'sum',
  version: 1,
  settings,
  async run({ seed, steps, delay, every, block, ...rest }: Settings, job: JobContext): Promise<Sum> {
    const root = new Random(seed)
    const state = (await job.loadState<{ step: number; sum: number }>('sum')) ?? { step: 0, sum: 0 }
    const save = async () => {
      await job.saveState('sum', state)
      job.emit({ type: 'checkpoint', step: state.step })
    }
    while (state.step < steps) {
      await job.turn(save)
      if (job.attempt === 1 && state.step === rest.troubleAt) await makeTrouble(rest.trouble, job)
      if (delay > 0) await sleep(delay)
      if (block > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, block)
      state.sum += root.derive('step', state.step).float()
      state.step++
      job.metrics(state.step, { sum: state.sum })
      job.progress(state.step, steps)
      if (state.step % every === 0) await save()
    }
    if (rest.trouble === 'function') return { sum: (() => 1) as unknown as number, steps }
    return { sum: state.sum, steps }
  },
})

async function makeTrouble(kind: z.output<typeof trouble>, job: JobContext): Promise<void> {
  switch (kind) {
    case 'selma':
      throw new SelmaError('mismatch', 'the weights do not fit', { hint: 'take others' })
    case 'bug':
      throw new TypeError('undefined is not a picture')
    case 'uncaught':
      setTimeout(() => {
        throw new RangeError('thrown where nobody waits')
      })
      await sleep(10_000)
      return
    case 'abort':
      process.stderr.write('native code says goodbye\n')
      process.abort()
      break
    case 'exit':
      process.exit(3)
      break
    case 'file':
      await (await import('node:fs/promises')).writeFile('/dev/full', 'x'.repeat(100_000))
      return
    case 'secret':
      job.log(`the key is ${process.env.TEST_API_KEY}`)
      throw new SelmaError('llm', `refused the key ${process.env.TEST_API_KEY}`)
  }
}

/** Never looks at what it is asked. */
export const deafStage = defineStage({
  name: 'deaf',
  version: 1,
  settings: z.object({ deaf: z.boolean().default(true) }),
  async run(_settings, job) {
    job.progress(0, 1)
    for (const name of ['SIGTERM', 'SIGINT']) {
      process.removeAllListeners(name)
      process.on(name, () => {})
    }
    for (;;) await sleep(1_000)
  },
})

/** Waits for something that only the signal can end, as for a network answer. */
export const waitingStage = defineStage({
  name: 'waiting',
  version: 1,
  settings: z.object({}),
  async run(_settings, job) {
    job.progress(0, 1, { unit: 'answers' })
    await sleep(600_000, undefined, { signal: job.signal })
    return 'never'
  },
})

/** Runs another stage from within a job. */
export const outerStage = defineStage({
  name: 'outer',
  version: 1,
  settings: z.object({ seed: z.int() }),
  async run({ seed }, job) {
    const { run } = await import('../../../lib/jobs/index.ts')
    const { dirname } = await import('node:path')
    const inner = await run(sumStage, { seed }, { root: dirname(job.dir), signal: job.signal })
    return { inner, pid: process.pid }
  },
})

export const stages = [sumStage, deafStage, waitingStage, outerStage]
