// One stage of the embedded model's training: steps, a log line each, checkpoints to go on from, and
// the averaged parameters at the end. What is trained on which data is the stage's business.
import { existsSync } from 'node:fs'
import { appendFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeFileAtomic } from '../../base/files.ts'
import {
  type Feeds,
  learningRateAt,
  loadTrainerState,
  type ParameterLayout,
  type Program,
  type ScheduleOptions,
  saveTrainerState,
  Trainer,
  type TrainerState,
} from '../../runtime/index.ts'

/** Called after every step. */
export type OnStep = (stage: string, step: number, steps: number, loss: number) => void

export interface LoopOptions {
  /** Names the files: `<stage>.safetensors`, `<stage>.jsonl`, `<stage>.done.safetensors`. */
  stage: string
  folder: string
  program: () => Program
  layout: ParameterLayout
  /** The parameters to begin with; not asked when a checkpoint is there. */
  start: () => Promise<Float32Array>
  /** Must follow from the step alone. */
  batch: (step: number) => Feeds
  /** Cosine to 1 % after the warm-up. */
  schedule: Required<Pick<ScheduleOptions, 'learningRate' | 'steps' | 'warmup'>>
  emaDecay: number
  /** Steps between checkpoints. Default 200. */
  checkpointEvery?: number
  onStep: OnStep
}

const stateFile = (folder: string, stage: string) => join(folder, `${stage}.safetensors`)
const doneFile = (folder: string, stage: string) => join(folder, `${stage}.done.safetensors`)

/** The averaged parameters that a finished stage left. */
export async function stageResult(folder: string, stage: string): Promise<Float32Array> {
  return (await loadTrainerState(doneFile(folder, stage))).vectors.ema
}

const averaged = ({ step, vectors }: TrainerState): TrainerState => ({ step, vectors: { ema: vectors.ema } })

/** Takes the lines of steps that a killed process did after its last checkpoint out of the log: they come again. */
async function cutLog(path: string, steps: number): Promise<void> {
  if (!existsSync(path)) return
  const lines = (await readFile(path, 'utf8')).split('\n')
  const kept = lines.filter((line) => line.endsWith('}') && JSON.parse(line).step < steps)
  await writeFileAtomic(path, kept.map((line) => `${line}\n`).join(''))
}

/**
 * Trains a stage, or goes on from its last checkpoint; a finished one is left as it is. An interrupted run leaves
 * the same bytes as one that is not.
 */
export async function trainingLoop(options: LoopOptions): Promise<void> {
  const { stage, folder, program, layout, schedule, checkpointEvery = 200, onStep } = options
  if (existsSync(doneFile(folder, stage))) return
  const saved = existsSync(stateFile(folder, stage))
    ? await loadTrainerState(stateFile(folder, stage))
    : undefined
  const log = join(folder, `${stage}.jsonl`)
  await cutLog(log, saved?.step ?? 0)
  const trainer = await Trainer.create(
    program(),
    layout,
    saved ? saved.vectors.parameters : await options.start(),
  )
  try {
    if (saved) await trainer.restore(saved)
    for (let step = trainer.steps; step < schedule.steps; step++) {
      const learningRate = learningRateAt(step, { ...schedule, schedule: 'cosine', final: 0.01 })
      const { loss, gradientNorm } = await trainer.step(options.batch(step), {
        learningRate,
        emaDecay: Math.min(options.emaDecay, (step + 1) / (step + 10)),
      })
      await appendFile(log, `${JSON.stringify({ step, loss, gradientNorm, learningRate })}\n`)
      if ((step + 1) % checkpointEvery === 0)
        await saveTrainerState(stateFile(folder, stage), await trainer.snapshot())
      onStep(stage, step + 1, schedule.steps, loss)
    }
    await saveTrainerState(doneFile(folder, stage), averaged(await trainer.snapshot()))
  } finally {
    await trainer.release()
  }
}
