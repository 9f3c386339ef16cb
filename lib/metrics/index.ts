// Scores, statistics and tables: the public face of lib/metrics.
export { agreement, fleissKappa, krippendorffAlpha } from './agreement.ts'
export {
  type BootstrapOptions,
  bootstrapMean,
  type HierarchicalInterval,
  hierarchicalBootstrap,
  type Interval,
  type Observation,
} from './bootstrap.ts'
export { type Comparison, compare, type Measure, measured, measureName, observe } from './compare.ts'
export { type DsgScore, questionScores, scoreDsg } from './dsg.ts'
export {
  type EvaluateOptions,
  type Evaluation,
  evaluatePictures,
  judgePictures,
  type PictureToJudge,
} from './evaluate.ts'
export { toFrame } from './frames.ts'
export type { Inspection, Judge } from './judge.ts'
export { releasedRows } from './published.ts'
export {
  type AnswerRow,
  type PictureRow,
  readAnswerRows,
  readPictureRows,
  writeAnswerRows,
  writePictureRows,
} from './rows.ts'
export {
  type Difference,
  holm,
  pairedDifference,
  signFlipTest,
  signTest,
  type WinRate,
  wilson,
  winRate,
} from './statistics.ts'
export { type Summary, summarize, summarizeBySkill } from './summary.ts'
export { type Cell, type Column, percent, type ResultsTable, type TableRow } from './table.ts'
export { formatTable, type TableFormat, tableFormats } from './table-formats.ts'
export { scoreTifa, type TifaScore, tifaResult } from './tifa.ts'
export { type RaterAgreement, summarizeVotes, type Vote, type VoteSummary } from './votes.ts'
