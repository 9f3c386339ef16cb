// A job's process.json: which process runs it, so that others can tell whether it is still alive.
// Its modification time is the heartbeat (every few seconds while the event loop turns).
import { z } from 'zod'

/** A process, told apart from a later one with the same pid. */
export const processIdentity = z.object({
  pid: z.int().positive(),
  /** Boot and start time of the process, opaque; empty where the platform does not say. */
  startedAs: z.string(),
  host: z.string(),
})
export type ProcessIdentity = z.output<typeof processIdentity>

export const processFile = processIdentity.extend({
  version: z.literal(1),
  /** How many processes have run this job so far, this one included. */
  attempt: z.int().positive(),
  /** Runs inside a process that does other things too (a notebook kernel): not to be killed. */
  inline: z.boolean(),
  /** The id in control.json that was last acted on. */
  control: z.string().optional(),
  /** Set when the process has let go of the job. */
  ended: z.iso.datetime().optional(),
})
export type ProcessFile = z.output<typeof processFile>
