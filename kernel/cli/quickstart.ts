// `selma quickstart`: the whole method on the embedded model, by executing the first notebook.
import type { Command } from 'commander'
import { collect, deviceOption, pair } from './options.ts'
import { performs } from './perform.ts'

export interface QuickstartOptions {
  out: string
  fresh?: boolean
  device?: string
  parameter?: [string, string][]
}

export function quickstartCommand(program: Command): void {
  const command = program
    .command('quickstart')
    .summary('all stages on the embedded model, some minutes on a laptop')
    .description(
      'Executes notebooks/01-quickstart.ipynb: prompts, pictures, experts, their merge and scores with intervals.\n' +
        'Needs no GPU, key or network. What was done before is taken from the cache.',
    )
    .option('--out <folder>', 'where notebook, report and results go, and the cache', 'runs/quickstart')
    .option('--fresh', 'compute everything anew')
    .addOption(deviceOption())
    .option('-p, --parameter <name=value>', "one of the notebook's parameters (repeatable)", collect(pair))
  performs<QuickstartOptions>(
    command,
    ['selma quickstart', 'selma quickstart --out runs/second -p seed=7 --fresh'],
    async (options, context) => (await import('./quickstart-run.ts')).runQuickstart(options, context),
  )
}
