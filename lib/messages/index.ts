// What goes into job files and to the browser: schemas and types, versioned. No Node in here.
export { type ControlCommand, type ControlFile, controlFile } from './control.ts'
export { type ErrorMessage, errorMessage } from './error.ts'
export {
  type JobEvent,
  type JobEventInput,
  type JobEventOf,
  type JobEventType,
  jobEvent,
  parseJobEvent,
} from './job-event.ts'
export { type JobFile, jobFile, type ResultFile, resultFile } from './job-file.ts'
export { heartbeatLimit, type JobFacts, type JobState, jobState } from './job-state.ts'
export { type ProcessFile, type ProcessIdentity, processFile, processIdentity } from './process-file.ts'
