// Errors across a process border: to JSON in the job's process, back to a SelmaError at the notebook.
import { SelmaError } from '../base/errors.ts'
import { fileError } from '../base/files.ts'
import type { ErrorMessage } from '../messages/error.ts'
import { redact } from './secrets.ts'

/** Any thrown value as JSON. A bare file error of Node (disk full, no permission) becomes `io`. */
export function toErrorMessage(error: unknown): ErrorMessage {
  const raw = error as NodeJS.ErrnoException
  const isFileError = error instanceof Error && raw.syscall !== undefined && raw.path !== undefined
  const known = isFileError ? fileError(error, raw.syscall ?? 'use', raw.path ?? '') : error
  // Not only instanceof: a notebook may hold a second copy of the library.
  if (known instanceof SelmaError || (known instanceof Error && known.name === 'SelmaError')) {
    const { code, message, hint } = known as SelmaError
    return { code, message: redact(message), ...(hint === undefined ? {} : { hint: redact(hint) }) }
  }
  if (!(known instanceof Error)) return { code: 'bug', message: redact(String(known)) }
  if (raw.code === 'ENOSPC' || raw.code === 'EDQUOT' || raw.code === 'EROFS') {
    return { code: 'io', message: redact(known.message), hint: 'free some space and run it again to resume' }
  }
  return { code: 'bug', message: redact(known.message), stack: redact(known.stack ?? '') }
}

/** The error as it was thrown: a SelmaError, or for a bug a plain Error with the stack of the job's process. */
export function fromErrorMessage(message: ErrorMessage): Error {
  if (message.code !== 'bug') return new SelmaError(message.code, message.message, { hint: message.hint })
  const error = new Error(message.message)
  if (message.stack) error.stack = message.stack
  return error
}
