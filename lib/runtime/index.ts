// The runtime's public face: build a graph, differentiate it, compile it, run it.
export { compile, OPSET, type Program, type ProgramValue } from './compile.ts'
export { type Device, devices, providers, resolveDevice } from './device.ts'
export { Engine } from './engine.ts'
export { gradients } from './gradient.ts'
export { type Dtype, Graph, type Shape, sizeOf, type Tensor } from './graph.ts'
export type { LionOptions } from './lion.ts'
export { geglu, gelu, geluTanh, quickGelu, silu, softmax } from './ops/activation.ts'
export {
  abs,
  add,
  cos,
  div,
  erf,
  exp,
  log,
  mul,
  neg,
  type Operand,
  pow,
  sigmoid,
  sin,
  sqrt,
  square,
  sub,
  tanh,
} from './ops/arithmetic.ts'
export { type AttentionOptions, attention, multiHeadAttention } from './ops/attention.ts'
export { checkpoint, recomputed } from './ops/checkpoint.ts'
export { type ConvOptions, conv2d, convTranspose2d } from './ops/conv.ts'
export { dropout, dropoutSeeds } from './ops/dropout.ts'
export { huber, l1Loss, mseLoss } from './ops/loss.ts'
export { lowRankSum, sumIsCheaper } from './ops/low-rank.ts'
export { linear, matmul } from './ops/matmul.ts'
export { groupNorm, layerNorm } from './ops/norm.ts'
export { mean, sum } from './ops/reduce.ts'
export {
  cast,
  concat,
  expand,
  gather,
  pad,
  reshape,
  slice,
  split,
  transpose,
  upsampleNearest,
  widened,
} from './ops/shape.ts'
export {
  type AdamWOptions,
  adamW,
  clipByGlobalNorm,
  movingAverage,
  type SgdOptions,
  sgd,
  stepInputs,
} from './optimizers.ts'
export { ParameterLayout, type ParameterSpec, packGradients, unpackParameters } from './parameters.ts'
export type { ProdigyOptions } from './prodigy.ts'
export {
  emaDecayAt,
  learningRateAt,
  type ScheduleName,
  type ScheduleOptions,
  schedules,
} from './schedules.ts'
export {
  type Feeds,
  LARGE_MODEL,
  LocalSession,
  type OpenSession,
  type Provider,
  type Session,
  type SessionOptions,
  type TensorData,
} from './session.ts'
export {
  loadTrainerState,
  type StepResult,
  saveTrainerState,
  Trainer,
  type TrainerState,
  type TrainingOptions,
  trainingProgram,
} from './trainer.ts'
