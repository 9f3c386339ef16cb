// What a job's process says by its exit code, so that a queue or the process that started it can tell.
export const exitCodes = {
  finished: 0,
  failed: 1,
  usage: 64,
  /** Another process runs the job. */
  taken: 73,
  /** It failed and could not write why: the disk is full, say. */
  unrecorded: 74,
  stopped: 75,
} as const
