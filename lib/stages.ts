// The list of all stages: what lib/worker.ts can run. A floor with long work adds its stage here. Each is loaded when it
// is asked for: a job's process needs one, and reading the others' packages takes as long as a small job's work.
import type { AnyStage } from './jobs/stage.ts'

/** How each stage of the library is loaded, by name, in the order of the pipeline. */
export const stages: Readonly<Record<string, () => Promise<AnyStage>>> = {
  prompts: async () => (await import('./prompts/stage.ts')).promptsStage,
  images: async () => (await import('./images/stage.ts')).imagesStage,
  train: async () => (await import('./experts/stage.ts')).trainStage,
  evaluate: async () => (await import('./study/evaluation.ts')).evaluateStage,
}
