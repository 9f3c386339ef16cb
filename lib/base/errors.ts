// The one error family of the library. Not for bugs: those stay plain Errors with a stack trace.

/** What kind of thing went wrong; stable, for programs and exit codes. */
export type ErrorCode =
  | 'bad-input' // an argument or a setting the user gave
  | 'bad-file' // a file whose content breaks its format
  | 'not-found' // a file, model, skill or job that does not exist
  | 'mismatch' // two things that do not fit each other (config and weights, pictures and prompts)
  | 'unsupported' // valid, but not offered here
  | 'llm' // the language model failed or answered rubbish
  | 'io' // disk full, permission denied, broken pipe
  | 'engine' // ONNX Runtime failed or its process died
  | 'stopped' // asked to stop; what was done is checkpointed

/**
 * An error meant to be read by the person at the notebook.
 *
 * `message` says what was wrong and the offending value; `hint` the valid choices or the next step.
 */
export class SelmaError extends Error {
  readonly code: ErrorCode
  readonly hint?: string

  constructor(code: ErrorCode, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'SelmaError'
    this.code = code
    this.hint = options.hint
  }
}

/** Shorthand for `throw new SelmaError(…)` in expression position. */
export function fail(code: ErrorCode, message: string, hint?: string, cause?: unknown): never {
  throw new SelmaError(code, message, { hint, cause })
}
