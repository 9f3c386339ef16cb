// A job's control.json: how anything that can write a file (the Lab panel, a script, a Job handle) steers a job.
import { z } from 'zod'

/**
 * `run` goes on after a pause; `pause` waits between two units of work; `checkpoint` saves and goes on;
 * `stop` saves and ends the process. Written whole (temporary name, rename), with a new `id` for each request:
 * a job acts on an id once, and names the id it last acted on in process.json.
 */
export const controlFile = z.object({
  version: z.literal(1),
  command: z.enum(['run', 'pause', 'checkpoint', 'stop']),
  id: z.string().min(1),
})
export type ControlFile = z.output<typeof controlFile>
export type ControlCommand = ControlFile['command']
