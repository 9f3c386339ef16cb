// The list of all stages: what lib/worker.ts can run. A floor with long work adds its stage here.
import { trainStage } from './experts/stage.ts'
import { imagesStage } from './images/stage.ts'
import type { AnyStage } from './jobs/stage.ts'
import { promptsStage } from './prompts/stage.ts'
import { evaluateStage } from './study/evaluation.ts'

/** Every stage of the library, in the order of the pipeline. */
export const stages: AnyStage[] = [promptsStage, imagesStage, trainStage, evaluateStage]
