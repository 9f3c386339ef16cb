// The commands of the runs panel. Called from the palette without saying which job, they ask.
import type { JupyterFrontEnd } from '@jupyterlab/application'
import {
  Clipboard,
  Dialog,
  InputDialog,
  Notification,
  showDialog,
  showErrorMessage,
} from '@jupyterlab/apputils'
import { PathExt } from '@jupyterlab/coreutils'
import { type INotebookTracker, NotebookActions } from '@jupyterlab/notebook'
import type { TranslationBundle } from '@jupyterlab/translation'
import type { LabIcon } from '@jupyterlab/ui-components'
import type { ControlCommand } from '../../../lib/messages/index.ts'
import { runsIcon } from '../icons.ts'
import type { Run } from '../jobs/run.ts'
import { isLive } from '../jobs/state.ts'
import { LiveJobError, type RunStore } from '../jobs/store.ts'
import { openingCell } from './opening.ts'
import type { RunsPanel } from './panel.tsx'
import { labelOf, titleOf } from './titles.ts'

export interface CommandParts {
  app: JupyterFrontEnd
  store: RunStore
  panel: RunsPanel
  notebooks: INotebookTracker | null
  compare: (runs: Run[]) => Promise<void>
  trans: TranslationBundle
}

const describedBy = {
  args: {
    type: 'object',
    properties: {
      paths: {
        type: 'array',
        items: { type: 'string' },
        description:
          'Directories of the jobs, relative to the root of the server; without them a dialog asks',
      },
    },
  },
} as const

export function addRunCommands(parts: CommandParts): string[] {
  const { app, store, panel, trans } = parts
  const ids: string[] = []
  /** What goes wrong is told, and harms nothing. */
  const add = (
    id: string,
    label: string,
    execute: (args: { paths?: unknown }) => Promise<void>,
    icon?: LabIcon,
  ) => {
    ids.push(id)
    app.commands.addCommand(id, {
      label,
      ...(icon && { icon: (args) => (args.isPalette ? undefined : icon) }),
      describedBy,
      execute: (args) =>
        execute(args).catch((error) => showErrorMessage(label, (error as Error).message.slice(0, 1000))),
    })
  }
  const pick = async (
    args: { paths?: unknown },
    title: string,
    fits: (run: Run) => boolean,
  ): Promise<Run[]> => {
    await panel.refresh()
    if (Array.isArray(args.paths)) {
      const paths = args.paths.map(String)
      return store.runs.filter(({ path }) => paths.includes(path))
    }
    const runs = store.runs.filter(fits)
    if (runs.length === 0) {
      await showDialog({ title, body: trans.__('There is no run for that.'), buttons: [Dialog.okButton()] })
      return []
    }
    const items = runs.map(labelOf)
    const { value } = await InputDialog.getItem({ title, items })
    const at = items.indexOf(value ?? '')
    return at < 0 ? [] : [runs[at]]
  }
  const steer = (id: string, label: string, command: ControlCommand, fits: (run: Run) => boolean) =>
    add(id, label, async (args) => {
      for (const run of await pick(args, label, fits)) {
        if (!isLive(run.state)) throw new Error(trans.__('%1 is not running.', titleOf(run)))
        await store.ask(run.path, command)
      }
    })

  add('selma:show-runs', trans.__('Show the Runs'), async () => app.shell.activateById(panel.id), runsIcon)
  add('selma:refresh-runs', trans.__('Look for Runs Again'), () => panel.refresh())
  add('selma:compare-runs', trans.__('Compare Runs'), async (args) => {
    const paths = Array.isArray(args.paths) ? args.paths : panel.chosen
    const runs = await pick(paths.length > 0 ? { paths } : {}, trans.__('Compare Runs'), () => true)
    if (runs.length > 0) await parts.compare(runs)
  })
  steer(
    'selma:pause-run',
    trans.__('Pause a Run'),
    'pause',
    ({ state }) => isLive(state) && state !== 'paused',
  )
  steer('selma:resume-run', trans.__('Resume a Paused Run'), 'run', ({ state }) => state === 'paused')
  steer('selma:save-run', trans.__('Save the State of a Run'), 'checkpoint', ({ state }) => isLive(state))
  steer('selma:stop-run', trans.__('Save and Stop a Run'), 'stop', ({ state }) => isLive(state))
  add('selma:open-run', trans.__('Open the Folder of a Run'), async (args) => {
    for (const { path } of (await pick(args, trans.__('Open the Folder of a Run'), () => true)).slice(0, 1))
      await app.commands.execute('filebrowser:go-to-path', { path, dontShowBrowser: false })
  })
  add('selma:insert-run', trans.__('Open a Run in the Notebook'), async (args) => {
    for (const run of (await pick(args, trans.__('Open a Run in the Notebook'), () => true)).slice(0, 1))
      insert(run, parts)
  })
  add('selma:delete-run', trans.__('Delete a Run…'), async (args) => {
    const label = trans.__('Delete a Run…')
    for (const run of await pick(args, label, ({ state }) => !isLive(state))) await remove(run, parts)
  })
  return ids
}

/** A cell below the active one; without a notebook its text goes to the clipboard. */
function insert(run: Run, { notebooks, trans }: CommandParts): void {
  const notebook = notebooks?.currentWidget
  const from = notebook ? PathExt.dirname(notebook.context.path) : ''
  const text = openingCell(run, PathExt.relative(from, run.path))
  if (!notebook) {
    Clipboard.copyToSystem(text)
    Notification.info(trans.__('The text of a cell that opens the run is in the clipboard.'), {
      autoClose: 4000,
    })
    return
  }
  NotebookActions.insertBelow(notebook.content)
  notebook.content.activeCell?.model.sharedModel.setSource(text)
  notebook.activate()
}

async function remove(run: Run, { store, trans }: CommandParts): Promise<void> {
  const refusal = () =>
    showDialog({
      title: trans.__('It is running'),
      body: trans.__('%1 has a process. Stop it, and delete it then.', titleOf(run)),
      buttons: [Dialog.okButton()],
    })
  if (isLive(run.state)) {
    await refusal()
    return
  }
  const { button } = await showDialog({
    title: trans.__('Delete this run?'),
    body: trans.__('%1 with all its files. Its cell will compute it anew.', labelOf(run)),
    buttons: [Dialog.cancelButton(), Dialog.warnButton({ label: trans.__('Delete') })],
    defaultButton: 0,
  })
  if (!button.accept) return
  try {
    await store.remove(run.path)
  } catch (error) {
    // It was started in the meantime.
    if (!(error instanceof LiveJobError)) throw error
    await refusal()
  }
}
