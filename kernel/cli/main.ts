// The `selma` command: its list of commands, and what the process ends with. Each command is a small file that
// knows its options and loads what it does only when it is called, so that --help is quick.
import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { inPackage } from '../../lib/base/own-file.ts'
import { doctorCommand } from './doctor.ts'
import { evaluateCommand } from './evaluate.ts'
import { exitCodeHelp, exitCodes } from './exit-codes.ts'
import { imagesCommand } from './images.ts'
import { installCommand, uninstallCommand } from './install.ts'
import { jobCommand, jobsCommand } from './jobs.ts'
import { mergeCommand } from './merge.ts'
import { lastExitCode, printJson } from './perform.ts'
import { promptsCommand } from './prompts.ts'
import { pushCommand } from './push.ts'
import { quickstartCommand } from './quickstart.ts'
import { reproduceCommand } from './reproduce.ts'
import { runCommand } from './run.ts'
import { trainCommand } from './train.ts'

const { version } = JSON.parse(readFileSync(inPackage('package.json'), 'utf8'))

/** The command line, ready to parse. */
export function buildProgram(): Command {
  const program = new Command('selma')
    .description(
      'Teach a text-to-image model new skills: prompts, pictures, LoRA experts, their merge, scores.',
    )
    .version(version, '-V, --version')
    .exitOverride()
    .showHelpAfterError('(--help shows the options)')
    .configureHelp({ showGlobalOptions: false })
    .addHelpText(
      'after',
      `
Examples:
  $ selma quickstart
  $ selma prompts --skill count --n 50 --out p.jsonl
  $ selma images --model shapes --prompts p.jsonl --out pics
  $ selma train --model shapes --data pics --out expert
  $ selma merge expert other --out merged
  $ selma evaluate --model shapes --lora merged --prompts q.jsonl --json

Work is kept in $SELMA_HOME, else in .selma of the working folder. The same command again is
answered from there; one that was stopped goes on. Outputs of selma are replaced, nothing else is.
${exitCodeHelp}`,
    )
  for (const add of [
    quickstartCommand,
    promptsCommand,
    imagesCommand,
    trainCommand,
    mergeCommand,
    evaluateCommand,
    pushCommand,
    runCommand,
    reproduceCommand,
    jobsCommand,
    jobCommand,
    doctorCommand,
    installCommand,
    uninstallCommand,
  ])
    add(program)
  return program
}

const flushed = (stream: NodeJS.WriteStream): Promise<void> =>
  new Promise((done) => {
    stream.write('', () => done())
  })

/** Runs a command. @returns the exit code, when everything is printed */
export async function main(args: readonly string[]): Promise<number> {
  for (const stream of [process.stdout, process.stderr]) {
    // The reader has had enough (`selma … | head`).
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(exitCodes.ok)
      throw error
    })
  }
  let code = exitCodes.ok as number
  try {
    await buildProgram().parseAsync([...args], { from: 'user' })
    code = lastExitCode()
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    code = error.exitCode === 0 ? exitCodes.ok : exitCodes.usage
    if (code !== 0 && args.includes('--json')) {
      const message = error.message.replace(/^error: /, '')
      printJson({ command: args[0], status: 'error', error: { code: 'usage', message } })
    }
  }
  await Promise.all([flushed(process.stdout), flushed(process.stderr)])
  return code
}
