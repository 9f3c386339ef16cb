// `selma run NOTEBOOK`: executes a notebook without a browser.
import { type Command, InvalidArgumentError } from 'commander'
import { collect, number } from './options.ts'
import { performs } from './perform.ts'

export interface RunOptions {
  out?: string
  parameter?: [string, unknown][]
  raw?: [string, string][]
  file?: string
  timeout?: number
  cwd?: string
}

function pair(text: string): [string, string] {
  const at = text.indexOf('=')
  if (at > 0) return [text.slice(0, at).trim(), text.slice(at + 1)]
  throw new InvalidArgumentError('Give name=value.')
}

/** JSON where it is JSON (numbers, true, lists, "texts"), else a text as it stands. */
function valued(text: string): [string, unknown] {
  const [name, value] = pair(text)
  try {
    return [name, JSON.parse(value)]
  } catch {
    return [name, value]
  }
}

export function runCommand(program: Command): void {
  const command = program
    .command('run')
    .summary('execute a notebook')
    .description(
      'Executes a notebook cell by cell and writes the outputs into it, or into --out.\n' +
        'Parameters go into a cell after the one tagged "parameters", as papermill does it.',
    )
    .argument('<notebook>', 'an .ipynb file')
    .option('-o, --out <file>', 'the executed notebook (default: the notebook itself)')
    .option('-p, --parameter <name=value>', 'a parameter; JSON, else a text (repeatable)', collect(valued))
    .option('-r, --raw <name=value>', 'a parameter that is always a text (repeatable)', collect(pair))
    .option('-f, --file <file>', 'parameters from a YAML or JSON file; -p and -r go before it')
    .option('--timeout <seconds>', 'longest a cell may run', number({ low: 0, open: true }))
    .option('--cwd <folder>', "where the cells run (default: the notebook's folder)")
  performs<RunOptions>(
    command,
    [
      'selma run notebooks/01-quickstart.ipynb -o runs/executed.ipynb -p seed=7',
      'selma run study.ipynb -o runs/study.ipynb -f params.yaml --timeout 3600',
    ],
    async (options, context, [notebook]) => (await import('./run-run.ts')).run(notebook, options, context),
  )
}
