// The list of all stages: what lib/worker.ts can run. A floor with long work adds its stage here.
import type { AnyStage } from './jobs/stage.ts'

/** Every stage of the library, in the order of the pipeline. */
export const stages: AnyStage[] = []
