// Long work as directories: what stages and the cell API use of lib/jobs.

export type { JobState } from '../messages/job-state.ts'
export { jobFiles, jobsRoot } from './directory.ts'
export { type ExecuteOptions, execute, type Outcome } from './execute.ts'
export { hashInput } from './input-hash.ts'
export { type Cached, Job } from './job.ts'
export { type JobStatus, jobStatus } from './job-status.ts'
export { type JobSummary, jobTable, listJobs, removeJob } from './list-jobs.ts'
export { restartJob } from './restart.ts'
export { workerCommand } from './spawn.ts'
export {
  type AnyStage,
  type Asked,
  defineStage,
  type JobContext,
  registerStages,
  type Stage,
  stageNamed,
} from './stage.ts'
export {
  createJob,
  describeJob,
  openJob,
  type RunOptions,
  run,
  type StartOptions,
  start,
  waitFor,
} from './submit.ts'
