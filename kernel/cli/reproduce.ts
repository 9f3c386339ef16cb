// `selma reproduce REPORT`: runs the notebook that a report carries once more, and tells what is different.
import type { Command } from 'commander'
import { number } from './options.ts'
import { performs } from './perform.ts'

export interface ReproduceOptions {
  out?: string
  cwd?: string
  timeout?: number
}

export function reproduceCommand(program: Command): void {
  const command = program
    .command('reproduce')
    .summary('run the notebook of a report again, and compare')
    .description(
      'Runs the notebook that a report carries with the same parameters, computing everything anew, and compares\n' +
        'settings and outputs: numbers in tables exactly, pictures by their hash. Exit code 0: the same; 1: not.\n' +
        'It runs the code in the file: do it with reports from people you trust.',
    )
    .argument('<report>', 'a report.html that `selma run --html` wrote')
    .option(
      '-o, --out <folder>',
      'where the notebook, its report and its jobs go (default: REPORT-reproduced)',
    )
    .option('--cwd <folder>', 'where the cells run (default: the working folder)')
    .option(
      '--timeout <seconds>',
      "longest a cell may run (default: the report's)",
      number({ low: 0, open: true }),
    )
  performs<ReproduceOptions>(
    command,
    ['selma reproduce report.html', 'selma reproduce study.html --out again --json'],
    async (options, context, [report]) =>
      (await import('./reproduce-run.ts')).reproduce(report, options, context),
  )
}
