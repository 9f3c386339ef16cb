// A job's job.json (everything that decides its result) and result.json. Not what is going on right now.
import { z } from 'zod'

/** SHA-256, lower-case hex. */
const hash = z.string().regex(/^[0-9a-f]{64}$/)

export const jobFile = z.object({
  version: z.literal(1),
  stage: z.string(),
  stageVersion: z.int().nonnegative(),
  /** Settings with every default filled in. */
  settings: z.unknown(),
  /** Content hashes of the files, folders and models the settings name. */
  inputs: z.record(z.string(), z.string()),
  /** Of stage, stage version, settings and inputs; its first 16 digits end the directory's name. */
  hash,
  /** Written down, not hashed: it does not decide the result. */
  recorded: z.object({
    created: z.iso.datetime(),
    /** Name of the machine, its platform and processor, e.g. `linux x64`. */
    machine: z.string(),
    platform: z.string(),
    cpus: z.int().nonnegative(),
    node: z.string(),
    packages: z.record(z.string(), z.string()),
    cwd: z.string(),
  }),
})
export type JobFile = z.output<typeof jobFile>

/** Written last, and atomically: a job that has this file is done. */
export const resultFile = z.object({
  version: z.literal(1),
  hash,
  /** When it was finished, ISO 8601, UTC. */
  when: z.iso.datetime(),
  /** Wall-clock time of the last attempt, waiting in the queue left out. */
  seconds: z.number().nonnegative(),
  result: z.unknown(),
})
export type ResultFile = z.output<typeof resultFile>
