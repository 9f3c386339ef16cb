// The notebook that shows every widget: run in a real JupyterLab with small settings, then opened where its kernel is
// not, and turned into a page by nbconvert. Everywhere something is to be seen.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { readNotebook, writeNotebook } from '../../kernel/notebook.ts'
import { injectParameters } from '../../kernel/parameters.ts'
import { inPackage } from '../../lib/base/own-file.ts'
import { buildExtension, isExtensionFresh } from '../../scripts/build/extension.ts'
import { jupyterPython } from '../support/jupyter-environment.ts'
import { describeLab, type Lab, whyNoLab } from './lab/lab.ts'

const built = inPackage('dist', 'labextension')
if (!whyNoLab() && !(await isExtensionFresh(built))) await buildExtension(built)

const few = { promptsPerSkill: 4, trainSteps: 4, testPromptsPerSkill: 1 }
const views = ['prompt-studio', 'training-monitor', 'merge-mixer', 'image-grid', 'blind-comparison']

const front = (lab: Lab) => lab.page.locator('.jp-NotebookPanel:not(.lm-mod-hidden)')

/** JupyterLab draws a cell when it comes into sight. */
async function look(lab: Lab, cell: number): Promise<void> {
  await lab.page.evaluate((index) => {
    const { content } = window.jupyterapp.shell.currentWidget as unknown as {
      content: { scrollToItem(index: number): Promise<void> }
    }
    return content.scrollToItem(index)
  }, cell)
}

/** The notebook as JupyterLab has saved it. */
async function outputsOf(path: string) {
  const { cells } = await readNotebook(path)
  return cells.map(({ outputs = [] }) => outputs as { output_type: string; data?: Record<string, unknown> }[])
}

describeLab('the tour of the widgets', { extensions: [built] }, (suite) => {
  it('runs in JupyterLab, and is worth opening without a kernel and as a page', async () => {
    const { lab } = suite
    const path = join(lab.server.root, 'tour.ipynb')
    const tour = await readNotebook(inPackage('notebooks', '02-widgets-tour.ipynb'))
    await writeNotebook(path, injectParameters(tour, few))
    const book = await lab.openNotebook('tour.ipynb')
    await lab.page.evaluate(() => window.jupyterapp.commands.execute('notebook:run-all-cells'))
    await book.ready()
    await book.save()

    const outputs = await outputsOf(path)
    expect(outputs.flat().filter(({ output_type: type }) => type === 'error')).toEqual([])
    const shown = [...outputs.entries()].filter(([, list]) =>
      list.some(({ data }) => data?.['application/vnd.jupyter.widget-view+json']),
    )
    expect(shown.length).toBe(7)
    const seen: string[] = []
    for (const [cell] of shown) {
      await look(lab, cell)
      const output = book.cell(cell)
      await output.locator('.selma-view, .widget-box').first().waitFor()
      for (const name of views) if ((await output.locator(`.selma-${name}`).count()) > 0) seen.push(name)
      expect(await output.locator('.jp-selma-View-static:not(.lm-mod-hidden)').count()).toBe(0)
      await lab.screenshot(`tour ${cell}`)
    }
    expect(new Set(seen)).toEqual(new Set(views))

    // The next day, with another kernel; and trusted, but without any kernel.
    const seePictures = async (name: string) => {
      for (const [cell, list] of shown) {
        await look(lab, cell)
        const output = front(lab).locator('.jp-Notebook-cell').nth(cell)
        const image = output.locator('.jp-selma-View-static img')
        // A training that has only begun has nothing to draw yet, and controls never have.
        if (list.some(({ data }) => data?.['image/png'])) {
          await image.waitFor()
          expect(await image.evaluate((node: HTMLImageElement) => node.naturalWidth)).toBeGreaterThan(100)
        } else
          expect(await output.locator('.jp-selma-View-static pre').innerText()).toMatch(
            /Training monitor|Interactive/,
          )
        expect(await output.getByText('Run the cell for the widget itself').count()).toBe(1)
        await lab.screenshot(`tour ${cell} ${name}`)
      }
    }
    await lab.clean()
    await lab.openNotebook('tour.ipynb')
    await seePictures('with another kernel')

    const alone = await readNotebook(path)
    alone.metadata.kernelspec = { name: 'absent', display_name: 'Absent', language: 'absent' }
    // JupyterLab would take any kernel of the same language.
    alone.metadata.language_info = { name: 'absent' }
    const other = join(lab.server.root, 'alone.ipynb')
    await writeNotebook(other, alone)
    const jupyter = (...args: string[]) =>
      promisify(execFile)(jupyterPython!, ['-m', 'jupyter', ...args], {
        env: { ...process.env, ...lab.server.env },
      })
    await jupyter('trust', other)
    await lab.clean()
    await lab.page.evaluate(() => {
      const open = { path: 'alone.ipynb', factory: 'Notebook' }
      void window.jupyterapp.commands.execute('docmanager:open', open)
    })
    const dialog = lab.page.locator('.jp-Dialog')
    await dialog.locator('select').selectOption({ label: 'No Kernel' })
    await dialog.locator('.jp-mod-accept').click()
    await dialog.waitFor({ state: 'detached' })
    await seePictures('without a kernel')
    // ipywidgets logs the models that it does not find.
    lab.consoleErrors.splice(0)

    await jupyter('nbconvert', '--to', 'html', path)
    const context = await lab.page.context().browser()!.newContext()
    const page = await context.newPage()
    await page.goto(pathToFileURL(path.replace(/ipynb$/, 'html')).href)
    const drawn = await page
      .locator('.jp-RenderedImage img')
      .evaluateAll((images) => images.filter((one) => (one as HTMLImageElement).naturalWidth > 100).length)
    const kept = outputs.flat().filter(({ data }) => data?.['image/png'] && !data['text/html'])
    expect(drawn).toBe(kept.length)
    await context.close()
  })
})
