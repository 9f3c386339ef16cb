// Stage 3: skill experts.
export {
  type BatchShape,
  initialFactors,
  loraGraph,
  loraLossProgram,
  loraTrainingProgram,
} from './lora-training.ts'
export { type ResolvedTrainOptions, type TrainOptions, trainOptions } from './options.ts'
export { type SampleOptions, sampleOptions } from './samples.ts'
export { type TrainResult, type TrainSettings, trainStage } from './stage.ts'
export { type DsgOptions, dsgOptions } from './validation-dsg.ts'
