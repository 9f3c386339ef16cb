// The runs panel in the left sidebar, with its commands.
import { ILayoutRestorer, type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application'
import { ICommandPalette } from '@jupyterlab/apputils'
import { PageConfig } from '@jupyterlab/coreutils'
import { IDefaultFileBrowser } from '@jupyterlab/filebrowser'
import { INotebookTracker } from '@jupyterlab/notebook'
import { ISettingRegistry } from '@jupyterlab/settingregistry'
import { ITranslator, nullTranslator } from '@jupyterlab/translation'
import { openComparison } from '../compare/open.ts'
import { RunStore } from '../jobs/store.ts'
import { IFigureStyle } from '../plotly/style.ts'
import { addRunCommands } from './commands.ts'
import { folderOf, jobFolders } from './folders.ts'
import { JupyterFiles } from './jupyter-files.ts'
import { RunsPanel } from './panel.tsx'

const id = '@selma-lab/jupyterlab:runs'

export const runsPlugin: JupyterFrontEndPlugin<void> = {
  id,
  description: 'Lists the jobs of SELMA notebooks, and steers, compares, opens and deletes them.',
  autoStart: true,
  optional: [
    ITranslator,
    ISettingRegistry,
    ICommandPalette,
    ILayoutRestorer,
    INotebookTracker,
    IDefaultFileBrowser,
    IFigureStyle,
  ],
  activate: (
    app: JupyterFrontEnd,
    translator: ITranslator | null,
    settings: ISettingRegistry | null,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null,
    notebooks: INotebookTracker | null,
    browser: IDefaultFileBrowser | null,
    style: IFigureStyle | null,
  ) => {
    const trans = (translator ?? nullTranslator).load('selma_lab')
    const { contents, serverSettings } = app.serviceManager
    const files = new JupyterFiles(contents, serverSettings)
    const store = new RunStore(files)
    let setting = '.selma/jobs'
    const folders = () => {
      const open: (string | undefined)[] = []
      const current = notebooks?.currentWidget
      if (current) open.push(folderOf(current.context.path))
      notebooks?.forEach((one) => {
        open.push(folderOf(one.context.path))
      })
      if (browser) open.push(folderOf(`${browser.model.path}/`))
      return jobFolders(setting, open)
    }
    const panel = new RunsPanel({
      store,
      trans,
      folders,
      hiddenShown: PageConfig.getOption('allow_hidden_files').toLowerCase() === 'true',
      execute: (command, args) => void app.commands.execute(command, args),
    })
    const compare = (runs: Parameters<typeof openComparison>[0]) =>
      openComparison(runs, { app, files, store, trans, style })
    const ids = addRunCommands({ app, store, panel, notebooks, compare, trans })
    for (const command of ids) palette?.addItem({ command, category: 'SELMA', args: { isPalette: true } })
    app.shell.add(panel, 'left', { rank: 550, type: 'SELMA' })
    restorer?.add(panel, panel.id)
    notebooks?.currentChanged.connect(() => panel.isVisible && void panel.refresh())
    void settings
      ?.load(id)
      .then((loaded) => {
        const read = () => {
          setting = String(loaded.get('jobsFolder').composite || '.selma/jobs')
          panel.every = Number(loaded.get('refreshSeconds').composite ?? 2) * 1000
        }
        loaded.changed.connect(read)
        read()
      })
      .catch((error) => console.warn(`${id}: the settings cannot be read`, error))
  },
}
