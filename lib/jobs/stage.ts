// What a piece of long work looks like: a stage has a name, a version, a schema for its settings, and a run.
// Not how or where it runs: the same stage runs in a child process, inside a notebook, or under Slurm.
import type { z } from 'zod'
import { fail } from '../base/errors.ts'
import type { JobEventInput } from '../messages/job-event.ts'

/**
 * A kind of long work.
 *
 * `Settings` is what `run` gets (defaults filled in), `Input` what a caller writes; both plain JSON, and the
 * schema must accept its own output unchanged. `Result` must be plain JSON too: pictures and weights are
 * written as files into `job.dir` and named in it.
 */
export interface Stage<Settings, Result, Input = Settings> {
  /** Lower-case kebab-case; opens the directory's name: `images` makes `images-3f0c…`. */
  readonly name: string
  /** Hashed: raise it when the same settings would give another result. */
  readonly version: number
  readonly settings: z.ZodType<Settings, Input>
  /** Content hashes of the inputs (files, folders, models) that the settings name; hashed into the job's name. */
  inputs?(settings: Settings): Promise<Record<string, string>>
  /**
   * What of the settings is hashed; default: all of it. To leave out what does not change the result,
   * such as the path of a folder whose content `inputs` hashes.
   */
  identity?(settings: Settings): unknown
  run(settings: Settings, job: JobContext): Promise<Result>
}

/** A stage whose types are not known here, as in the registry. */
// biome-ignore lint/suspicious/noExplicitAny: settings are checked by the stage's own schema before run sees them
export type AnyStage = Stage<any, any, any>

/** What a job is asked to do next: nothing special, save its state and go on, or save its state and end. */
export type Asked = 'continue' | 'checkpoint' | 'stop'

/** What a running stage is given. */
export interface JobContext {
  /** The job's directory, absolute. The stage may write any file there but the job's own (see `jobFiles`). */
  readonly dir: string
  /** 1 for the first process that runs this job, 2 for the one that resumes it, … */
  readonly attempt: number
  /** Aborted when asked to stop; pass it on to `fetch` and the like. Then save, and call `throwIfStopped()`. */
  readonly signal: AbortSignal
  /** Writes one line to events.jsonl, at once. @throws SelmaError `io` when the disk is full */
  emit(event: JobEventInput): void
  /** @param options unit: what is counted, default `steps`; note: a few words on what is being done */
  progress(done: number, total: number, options?: { unit?: string; note?: string }): void
  /** Numbers over steps, for the live chart, e.g. `{ loss, lr, stepsPerSecond }`. */
  metrics(step: number, values: Record<string, number>): void
  log(text: string, level?: 'info' | 'warn' | 'error'): void
  /**
   * To be awaited between units of work, also those of native code: lets the event loop turn, waits while
   * paused, and says what is asked.
   *
   * With `save` it does what is asked itself: calls `save` for a checkpoint and goes on waiting or returns
   * `continue`; for a stop calls `save` and throws SelmaError `stopped`. Without, the stage saves, and after
   * `stop` calls `throwIfStopped()`.
   */
  turn(save?: () => Promise<void>): Promise<Asked>
  /** @throws SelmaError `stopped` when asked to stop */
  throwIfStopped(): void
  /**
   * Saves a small JSON state atomically as `state/<name>.json`, for `loadState` in a later process.
   * Files that it names must be written before it. Emit a `checkpoint` event afterwards.
   */
  saveState(name: string, state: unknown): Promise<void>
  /** The state last saved under this name; `undefined` when there is none (or it is damaged: logged). */
  loadState<State = unknown>(name: string): Promise<State | undefined>
}

/** Checks a stage's name and version, and infers its types. */
export function defineStage<Settings, Result, Input = Settings>(
  stage: Stage<Settings, Result, Input>,
): Stage<Settings, Result, Input> {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(stage.name)) {
    fail(
      'bad-input',
      `bad stage name: ${JSON.stringify(stage.name)}`,
      'lower-case letters, digits and hyphens',
    )
  }
  if (!Number.isInteger(stage.version) || stage.version < 0) {
    fail('bad-input', `bad version of stage ${stage.name}: ${stage.version}`, 'a whole number from 0 up')
  }
  return stage
}

const registry = new Map<string, AnyStage>()

/** Makes stages known to `stageNamed`; the same stage may come twice, two of one name may not. */
export function registerStages(...stages: readonly AnyStage[]): void {
  for (const stage of stages) {
    const known = registry.get(stage.name)
    if (known && known !== stage) {
      fail('bad-input', `two stages are named ${stage.name}`, 'give one of them another name')
    }
    registry.set(stage.name, stage)
  }
}

/** @throws SelmaError `not-found` with the names there are */
export function stageNamed(name: string): AnyStage {
  const stage = registry.get(name)
  if (stage) return stage
  const known = [...registry.keys()].sort().join(', ') || 'none'
  return fail('not-found', `unknown stage: ${name}`, `known stages: ${known}`)
}
