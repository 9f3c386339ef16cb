// An open notebook in the page: typing into cells, running them, looking at what came of it. Cells are typed and run
// with the keyboard, as a person does; only waiting asks JupyterLab itself, because what it shows comes too early.
import type { Locator } from 'playwright-core'
import type { NotebookPanel, Output } from './app.ts'
import type { Lab } from './lab.ts'

export interface CellRun {
  /** As the notebook file has them. */
  outputs: Output[]
  /** Printed text, results' and displays' text/plain, and errors, in order, without colours. */
  text: string
  /** The cell in the page. */
  cell: Locator
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what colours are made of
const colours = /\x1b\[[0-9;]*m/g

export function textOf(outputs: readonly Output[]): string {
  return outputs
    .map(({ text, data, traceback }) => text ?? data?.['text/plain'] ?? traceback?.join('\n') ?? '')
    .join('\n')
    .replace(colours, '')
}

export class Notebook {
  readonly lab: Lab
  /** The panel's id in JupyterLab. */
  readonly id: string

  constructor(lab: Lab, id: string) {
    this.lab = lab
    this.id = id
  }

  /** The panel in the page. */
  get panel(): Locator {
    return this.lab.page.locator(`[id="${this.id}"]`)
  }

  /** A cell by its number, from 0. */
  cell(index: number): Locator {
    return this.panel.locator('.jp-Notebook-cell').nth(index)
  }

  /** How many cells there are. */
  async #count(): Promise<number> {
    return this.lab.page.evaluate((id) => {
      const panel = Array.from(window.jupyterapp.shell.widgets('main')).find((one) => one.id === id)
      return (panel as unknown as NotebookPanel).content.widgets.length
    }, this.id)
  }

  async activate(): Promise<void> {
    await this.lab.page.evaluate((id) => window.jupyterapp.shell.activateById(id), this.id)
  }

  /** Puts text into the last cell in place of what was there, and the cursor behind it. */
  async type(text: string): Promise<Locator> {
    const { page } = this.lab
    await this.activate()
    const cell = this.cell((await this.#count()) - 1)
    await cell.locator('.cm-content').click()
    await page.keyboard.press('ControlOrMeta+A')
    await page.keyboard.press('Delete')
    await page.keyboard.insertText(text)
    return cell
  }

  /** Types into the last cell and starts it, which makes a new one below; `finished` waits for its end. */
  async startCell(
    text: string,
  ): Promise<{ index: number; cell: Locator; finished: (timeoutMs?: number) => Promise<CellRun> }> {
    const index = (await this.#count()) - 1
    const cell = await this.type(text)
    await this.lab.page.keyboard.press('Shift+Enter')
    return { index, cell, finished: (timeoutMs) => this.#finished(index, timeoutMs) }
  }

  /** Runs a cell as `startCell` does and waits for its end; an error in it is an output like others. */
  async runCell(text: string, { timeoutMs }: { timeoutMs?: number } = {}): Promise<CellRun> {
    return (await this.startCell(text)).finished(timeoutMs)
  }

  async #finished(index: number, timeoutMs = 120_000): Promise<CellRun> {
    const { page } = this.lab
    const at = { id: this.id, index }
    // The future is there once the request is sent, which is a moment after the key. Its `done` comes after the
    // reply and the idle message, so after the last output.
    await page.waitForFunction(
      async ({ id, index }) => {
        const panel = Array.from(window.jupyterapp.shell.widgets('main')).find((one) => one.id === id)
        const future = (panel as unknown as NotebookPanel).content.widgets[index].outputArea?.future
        if (!future) return false
        await future.done.catch(() => {})
        return true
      },
      at,
      { timeout: timeoutMs },
    )
    return { ...(await this.outputs(index)), cell: this.cell(index) }
  }

  /** What a cell shows now; it may still be running. */
  async outputs(index: number): Promise<Omit<CellRun, 'cell'>> {
    const outputs = await this.lab.page.evaluate(
      ({ id, index }) => {
        const panel = Array.from(window.jupyterapp.shell.widgets('main')).find((one) => one.id === id)
        return (panel as unknown as NotebookPanel).content.widgets[index].model.outputs?.toJSON() ?? []
      },
      { id: this.id, index },
    )
    return { outputs, text: textOf(outputs) }
  }

  /** The toolbar's stop button. */
  async interrupt(): Promise<void> {
    await this.activate()
    await this.panel
      .locator('[data-jp-item-name="interrupt"] jp-button, [data-jp-item-name="interrupt"] button')
      .first()
      .click()
  }

  /** The toolbar's restart button, and yes; waits until the new kernel has said who it is. */
  async restartKernel(): Promise<void> {
    const { page } = this.lab
    await this.activate()
    const before = await this.#kernelId()
    await this.panel
      .locator('[data-jp-item-name="restart"] jp-button, [data-jp-item-name="restart"] button')
      .first()
      .click()
    const restarted = page.waitForResponse(
      (answer) => answer.url().includes(`kernels/${before}/restart`) && answer.request().method() === 'POST',
    )
    await page.locator('.jp-Dialog .jp-mod-accept').click()
    await restarted
    await this.ready()
  }

  async #kernelId(): Promise<string | undefined> {
    return this.lab.page.evaluate((id) => {
      const panel = Array.from(window.jupyterapp.shell.widgets('main')).find((one) => one.id === id)
      return (panel as unknown as NotebookPanel).context.sessionContext.session?.kernel?.id
    }, this.id)
  }

  /** Waits until cells can run. (The indicator says idle while there is no kernel; a cell run then is lost.) */
  async ready(): Promise<string> {
    return this.lab.page.evaluate(async (id) => {
      const panel = Array.from(window.jupyterapp.shell.widgets('main')).find(
        (one) => one.id === id,
      ) as unknown as NotebookPanel
      await panel.context.ready
      const { sessionContext } = panel.context
      await sessionContext.ready
      const kernel = sessionContext.session?.kernel
      if (!kernel) throw new Error('the notebook has no kernel')
      const { banner } = await kernel.info
      while (kernel.status !== 'idle') await new Promise((done) => setTimeout(done, 50))
      return banner
    }, this.id)
  }

  async save(): Promise<void> {
    await this.lab.page.evaluate(async (id) => {
      const panel = Array.from(window.jupyterapp.shell.widgets('main')).find((one) => one.id === id)
      await (panel as unknown as NotebookPanel).context.save()
    }, this.id)
  }
}
