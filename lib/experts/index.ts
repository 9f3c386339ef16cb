// Stage 3: skill experts.
export { initialFactors } from './factors.ts'
export {
  type BatchShape,
  type LoraGraph,
  loraGraph,
  loraLossProgram,
  loraTrainingProgram,
} from './lora-training.ts'
export { type ResolvedTrainOptions, type TrainOptions, trainOptionNames, trainOptions } from './options.ts'
export { checkRecordingPath, copyRecording, recordingNotes } from './recording-place.ts'
export { replayTraining } from './replay.ts'
export { type SampleOptions, sampleOptions } from './samples.ts'
export { type TrainResult, type TrainSettings, trainStage } from './stage.ts'
export { type DsgOptions, dsgOptions } from './validation-dsg.ts'
