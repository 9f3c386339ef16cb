// The shape of an error in a job's files. Not the error class (lib/base/errors.ts): a browser reads this too.
import { z } from 'zod'
import type { ErrorCode } from '../base/errors.ts'

const codes = [
  'bad-input',
  'bad-file',
  'not-found',
  'mismatch',
  'unsupported',
  'llm',
  'io',
  'engine',
  'stopped',
] as const satisfies readonly ErrorCode[]

/** An error as written into `error.json` and the `failed` event; `bug` is any error that is no SelmaError. */
export const errorMessage = z.object({
  code: z.enum([...codes, 'bug']),
  message: z.string(),
  hint: z.string().optional(),
  /** Where it was thrown; only for `bug`. */
  stack: z.string().optional(),
})
export type ErrorMessage = z.output<typeof errorMessage>
