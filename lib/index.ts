// The cell API: what a notebook, a script and the `selma` command use, one name or namespace a stage.

export type { CallOptions } from './api/call.ts'
export { bundleOf, displaySymbol, type MimeBundle } from './api/display.ts'
export {
  compare,
  type EvaluateOptions,
  evaluate,
  ModelScores,
  PairedComparison,
  scoreBars,
  scoreRadar,
  scoreTable,
  suites,
} from './api/evaluate.ts'
export { Expert } from './api/expert.ts'
export { type ExpertOptions, experts, merge } from './api/experts.ts'
export { chooseGuidance, GuidanceChoice } from './api/guidance.ts'
export { Dataset, images } from './api/images.ts'
export { offline, openai, Prompts, prompts, type Writer } from './api/prompts.ts'
export { type Provenance, provenance } from './api/provenance.ts'
export type { PushExpertOptions } from './api/push-expert.ts'
export { comparisonTable, type ReportInput, report, WrittenReport } from './api/report.ts'
export { type DrawOptions, Pictures, T2I } from './api/t2i.ts'
export { truePictures } from './api/truth.ts'
export { SelmaError } from './base/errors.ts'
export { type WeightDtype, weightDtypes } from './diffusion/weights.ts'
export { type Job, jobTable, listJobs, openJob } from './jobs/index.ts'
export { mergeMethods } from './merging/options.ts'
export { formatTable, type ResultsTable, toFrame } from './metrics/index.ts'
export {
  barsWithIntervals,
  Figure,
  gainChart,
  guidanceCurve,
  ImageGrid,
  lossChart,
  radarByCategory,
} from './plots/index.ts'
export { getSkill, skill, skillNames } from './prompts/index.ts'
export { type Device, devices } from './runtime/index.ts'
