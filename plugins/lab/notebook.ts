// The launcher's cards and the command for a new notebook with our kernel.
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application'
import { ICommandPalette, showErrorMessage } from '@jupyterlab/apputils'
import { ILauncher } from '@jupyterlab/launcher'
import { ITranslator, nullTranslator } from '@jupyterlab/translation'
import { notebookIcon } from './icons.ts'

const command = 'selma:new-notebook'

/** The name of our kernel: kernel/install/kernelspec.ts marks its specification. */
function kernelName(app: JupyterFrontEnd): string | undefined {
  const specs = Object.values(app.serviceManager.kernelspecs.specs?.kernelspecs ?? {})
  return specs.find((spec) => spec?.metadata && 'selma' in spec.metadata)?.name
}

const describedBy = {
  args: {
    type: 'object',
    properties: {
      cwd: { type: 'string', description: 'Folder of the notebook, relative to the root of the server' },
      isPalette: { type: 'boolean', description: 'Whether it is called from the palette' },
    },
  },
} as const

export const notebookPlugin: JupyterFrontEndPlugin<void> = {
  id: '@selma-lab/jupyterlab:notebook',
  description: 'Makes a notebook with the SELMA kernel, from the launcher and the palette.',
  autoStart: true,
  optional: [ITranslator, ICommandPalette, ILauncher],
  activate: (
    app: JupyterFrontEnd,
    translator: ITranslator | null,
    palette: ICommandPalette | null,
    launcher: ILauncher | null,
  ) => {
    const trans = (translator ?? nullTranslator).load('selma_lab')
    app.commands.addCommand(command, {
      label: (args) => (args.isPalette ? trans.__('New SELMA Notebook') : trans.__('SELMA notebook')),
      caption: trans.__('A new notebook in TypeScript, with the library in reach'),
      icon: (args) => (args.isPalette ? undefined : notebookIcon),
      describedBy,
      execute: async (args) => {
        await app.serviceManager.kernelspecs.ready
        const name = kernelName(app)
        if (name === undefined) {
          await showErrorMessage(
            trans.__('The SELMA kernel is not installed'),
            trans.__('Run "selma install" (in a clone: npm run lab), and load this page again.'),
          )
          return undefined
        }
        const where = typeof args.cwd === 'string' ? { cwd: args.cwd } : {}
        return app.commands.execute('notebook:create-new', { ...where, kernelName: name })
      },
    })
    palette?.addItem({ command, category: 'SELMA', args: { isPalette: true } })
    launcher?.add({ command, category: 'SELMA', rank: 0 })
    launcher?.add({ command: 'selma:show-runs', category: 'SELMA', rank: 1 })
  },
}
