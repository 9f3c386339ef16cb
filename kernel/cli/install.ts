// `selma install` and `selma uninstall`: the kernel in Jupyter's list.
import type { Command } from 'commander'
import { performs } from './perform.ts'

export interface WhereOptions {
  user?: boolean
  prefix?: string
  sysPrefix?: boolean
  name: string
}

export interface InstallOptions extends WhereOptions {
  node?: string
  force?: boolean
}

function where(command: Command): Command {
  return command
    .option('--user', "in the user's Jupyter folder (the default)")
    .option('--prefix <folder>', 'in the Python environment in this folder')
    .option('--sys-prefix', 'in the active Python environment, or that of python3')
    .option('--name <name>', "the kernel's name", 'selma')
}

export function installCommand(program: Command): void {
  performs<InstallOptions>(
    where(
      program
        .command('install')
        .summary('add the kernel to Jupyter')
        .description(
          'Adds the kernel "SELMA (TypeScript)" to Jupyter, and the JupyterLab extension where this package has it.\n' +
            'The kernel runs on Node 24 or later: this one, one on the PATH, or one that is fetched (about 130 MB).\n' +
            'Run it again after an update, or when `selma doctor` says so.',
        ),
    )
      .option('--node <path>', 'the Node (24 or later) that the kernel runs on')
      .option('--force', 'replace a kernel of that name that is not SELMA’s'),
    ['selma install', 'selma install --sys-prefix', 'selma install --prefix .venv --node ~/node24/bin/node'],
    async (options, context) => (await import('./install-run.ts')).runInstall(options, context),
  )
}

export function uninstallCommand(program: Command): void {
  performs<WhereOptions>(
    where(
      program
        .command('uninstall')
        .summary('take the kernel from Jupyter')
        .description('Takes away what `selma install` added at the same place. Work in .selma stays.'),
    ),
    ['selma uninstall', 'selma uninstall --sys-prefix'],
    async (options) => (await import('./install-run.ts')).runUninstall(options),
  )
}
