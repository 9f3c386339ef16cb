// Runs one command: interrupts, errors, and the one JSON document or the text on standard output.
import type { Command } from 'commander'
import { errorDocument, errorText, exitCodeHelp, exitCodeOf, exitCodes } from './exit-codes.ts'
import { Progress } from './progress.ts'

/** What a command is given beside its options. */
export interface Context {
  progress: Progress
  /** Aborted at the first interrupt. */
  signal: AbortSignal
}

/** What a command gives back. */
export interface Answer {
  /** For people. */
  text: string
  /** For programs, under --json, with `command` and `status` added. */
  document: Record<string, unknown>
  /** Default 0. */
  exitCode?: number
}

interface Common {
  json?: boolean
  verbose?: boolean
}

/** The exit code of the command that ran last. */
let ended: number = exitCodes.ok
export const lastExitCode = (): number => ended

export function printJson(document: unknown): void {
  process.stdout.write(`${JSON.stringify(document, null, 2)}\n`)
}

/** Adds what every command has, and says what it does when it is called. */
export function performs<Options>(
  command: Command,
  examples: readonly string[],
  work: (options: Options, context: Context, args: string[]) => Promise<Answer>,
): Command {
  const parent = command.parent?.parent ? `${command.parent.name()} ` : ''
  const name = `${parent}${command.name()}`
  return command
    .option('--json', 'print one JSON document and nothing else on standard output')
    .option('--verbose', 'tell more on standard error, and where errors come from')
    .addHelpText('after', `\nExamples:\n${examples.map((line) => `  $ ${line}`).join('\n')}\n${exitCodeHelp}`)
    .action(async (...given: unknown[]) => {
      const options = command.opts<Options & Common>()
      const { json = false, verbose = false } = options
      const progress = new Progress({ verbose })
      const controller = new AbortController()
      const interrupt = (): void => {
        if (controller.signal.aborted) process.exit(exitCodes.interrupted)
        progress.line('saving and stopping … (again to leave at once)')
        controller.abort()
      }
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, interrupt)
      try {
        const args = given.slice(0, -2).flat().map(String)
        const answer = await work(options, { progress, signal: controller.signal }, args)
        progress.end()
        ended = answer.exitCode ?? exitCodes.ok
        if (json) printJson({ command: name, status: ended === 0 ? 'ok' : 'error', ...answer.document })
        else process.stdout.write(`${answer.text}\n`)
      } catch (error) {
        progress.end()
        ended = exitCodeOf(error)
        process.stderr.write(`${errorText(error, { verbose })}\n`)
        const status = ended === exitCodes.stopped ? 'stopped' : 'error'
        if (json) printJson({ command: name, status, error: errorDocument(error) })
      } finally {
        for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, interrupt)
      }
    })
}
