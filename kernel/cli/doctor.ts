// `selma doctor`: whether this machine can do the work, and what to do where it cannot.
import type { Command } from 'commander'
import { performs } from './perform.ts'

export function doctorCommand(program: Command): void {
  performs(
    program
      .command('doctor')
      .summary('check this machine')
      .description(
        'Checks Node, packages, what ONNX Runtime computes on, models, disk, memory, JupyterLab with the kernel, and\nkeys; tells how to mend what is amiss.',
      ),
    ['selma doctor', 'selma doctor --json'],
    async () => (await import('./doctor-run.ts')).runDoctor(),
  )
}
