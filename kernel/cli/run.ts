// `selma run NOTEBOOK`: executes a notebook without a browser, once or for each of a grid of parameters.
import type { Command } from 'commander'
import { collect, number, pair, whole } from './options.ts'
import { performs } from './perform.ts'

export interface RunOptions {
  out?: string
  parameter?: [string, string][]
  raw?: [string, string][]
  file?: string
  grid?: [string, string][]
  jobs?: number
  fresh?: boolean
  html?: string
  force?: boolean
  timeout?: number
  cwd?: string
}

export function runCommand(program: Command): void {
  const command = program
    .command('run')
    .summary('execute a notebook')
    .description(
      'Executes a notebook cell by cell and writes the outputs into it, or into --out.\n' +
        'Parameters go into a cell after the one tagged "parameters", as papermill does it; their values are\n' +
        'read as the types that cell declares. With --grid it runs once for each combination of values.',
    )
    .argument('<notebook>', 'an .ipynb file')
    .option(
      '-o, --out <path>',
      'the executed notebook (default: itself); with --grid a folder (default: runs/NAME)',
    )
    .option(
      '-p, --parameter <name=value>',
      'a parameter; lists and objects as JSON (repeatable)',
      collect(pair),
    )
    .option('-r, --raw <name=value>', 'a parameter that is always a text (repeatable)', collect(pair))
    .option('-f, --file <file>', 'parameters from a YAML or JSON file; -p and -r go before it')
    .option('--grid <name=a,b,…>', 'values of a parameter, each to be run with (repeatable)', collect(pair))
    .option('--jobs <n>', 'notebooks of a grid run at once', whole(1), 1)
    .option('--fresh', 'run what a grid has finished already once more')
    .option('--html <file>', 'a report to hand on; tables also as CSV and LaTeX beside it')
    .option('--force', 'let the report replace what selma did not write')
    .option('--timeout <seconds>', 'longest a cell may run', number({ low: 0, open: true }))
    .option('--cwd <folder>', "where the cells run (default: the notebook's folder)")
  performs<RunOptions>(
    command,
    [
      'selma run notebooks/01-quickstart.ipynb -o runs/executed.ipynb -p seed=7 --html runs/report.html',
      'selma run study.ipynb -o runs/study.ipynb -f params.yaml --timeout 3600',
      'selma run study.ipynb --grid rank=4,16,64 --grid seed=0,1',
    ],
    async (options, context, [notebook]) =>
      options.grid
        ? (await import('./run-grid.ts')).runGrid(notebook, options, context)
        : (await import('./run-run.ts')).run(notebook, options, context),
  )
}
