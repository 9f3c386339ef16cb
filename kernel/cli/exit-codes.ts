// How the command ends: exit codes, and errors as text and as JSON. Not the errors themselves (lib/base).
import type { SelmaError } from '../../lib/base/errors.ts'
import { plain } from './plain.ts'

/** Exit codes of every command but `job`, which has its worker's. */
export const exitCodes = { ok: 0, failed: 1, usage: 2, stopped: 75, interrupted: 130 } as const

/** The part of every --help that says what the exit codes mean. */
export const exitCodeHelp = `
Exit codes:
  0    done
  1    failed: disk, network, ONNX Runtime, or a bug (--verbose shows where)
  2    wrong usage or bad input; nothing was written
  75   stopped and saved: the same command goes on from there
  130  interrupted twice; the job may still be saving (selma jobs)`

/** Codes of errors that the person at the terminal can mend by giving something else. */
const usage: readonly string[] = ['bad-input', 'bad-file', 'not-found', 'mismatch', 'unsupported']

/** Recognised by name too: a notebook's process may hold a second copy of the library. */
export function isSelmaError(error: unknown): error is SelmaError {
  return error instanceof Error && error.name === 'SelmaError' && 'code' in error
}

export function exitCodeOf(error: unknown): number {
  if (!isSelmaError(error)) return exitCodes.failed
  if (error.code === 'stopped') return exitCodes.stopped
  return usage.includes(error.code) ? exitCodes.usage : exitCodes.failed
}

/** An error as lines for the terminal: message and hint; the stack only when asked for. */
export function errorText(error: unknown, { verbose = false } = {}): string {
  const { message, stack } = error instanceof Error ? error : new Error(String(error))
  const lines = [`selma: ${plain(message)}`]
  if (isSelmaError(error)) {
    if (error.hint) lines.push(`  ${plain(error.hint)}`)
  } else if (!verbose) lines.push('  this is a bug in selma; --verbose shows where it happened')
  if (verbose && stack) lines.push(stack)
  return lines.join('\n')
}

/** An error as it stands in --json output. */
export function errorDocument(error: unknown): { code: string; message: string; hint?: string } {
  const { message } = error instanceof Error ? error : new Error(String(error))
  if (!isSelmaError(error)) return { code: 'bug', message }
  return { code: error.code, message, ...(error.hint === undefined ? {} : { hint: error.hint }) }
}
