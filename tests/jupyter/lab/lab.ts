// A real JupyterLab in a headless Chromium. `describeLab` is what tests use: it starts both, cleans up between
// tests, and is skipped, saying why, where there is no Chromium or no JupyterLab environment.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest'
import { jupyterNode, jupyterPython } from '../../support/jupyter-environment.ts'
import type { NotebookPanel } from './app.ts'
import { findChromium } from './chromium.ts'
import { Notebook } from './notebook.ts'
import { type LabServer, type ServerOptions, shutDownKernels, startServer } from './server.ts'

/** Why there can be no tests in a browser here; undefined when there can. */
export function whyNoLab(): string | undefined {
  if (!jupyterPython || !jupyterNode()) return 'no environment: npm run lab -- --prepare-only'
  if (!findChromium()) return 'no Chromium: install one, or name it in SELMA_CHROMIUM'
  return undefined
}

/** Messages of the browser itself, about this machine and not about the page. */
const foreign = [/WebGL|GPU stall|GroupMarkerNotSet|SwiftShader/i]

/** The one in front: hidden ones stay in the page. */
const launcher = '.jp-Launcher:not(.lm-mod-hidden)'

export class Lab {
  readonly server: LabServer
  readonly page: Page
  /** What the page has logged as errors, and exceptions that nobody caught. */
  readonly consoleErrors: string[] = []
  readonly #browser: Browser

  private constructor(server: LabServer, browser: Browser, page: Page) {
    this.server = server
    this.#browser = browser
    this.page = page
    page.on('console', (message) => {
      const text = `${message.text()} (${message.location().url})`
      if (message.type() === 'error' && !foreign.some((one) => one.test(text))) this.consoleErrors.push(text)
    })
    page.on('pageerror', (error) => this.consoleErrors.push(error.stack ?? String(error)))
  }

  static async open(options: ServerOptions = {}): Promise<Lab> {
    const server = await startServer(options)
    try {
      const browser = await chromium.launch({
        executablePath: findChromium(),
        env: server.env,
        args: ['--disable-dev-shm-usage'],
      })
      const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce' })
      const lab = new Lab(server, browser, page)
      await lab.reload()
      return lab
    } catch (error) {
      await server.stop().catch(() => {})
      throw error
    }
  }

  /** Opens JupyterLab anew, with an empty workspace. */
  async reload(): Promise<void> {
    const { url, token } = this.server
    await this.page.goto(`${url}lab?reset&token=${token}`)
    await this.page.waitForFunction(() => window.jupyterapp !== undefined, undefined, { timeout: 120_000 })
    // That the splash has gone says nothing.
    await this.page.evaluate(() => window.jupyterapp.restored)
    await this.page.locator(`${launcher} .jp-LauncherCard`).first().waitFor()
  }

  /** A new notebook with that kernel, ready to run cells. */
  async newNotebook(kernelName = 'selma'): Promise<Notebook> {
    return this.#opened(
      await this.page.evaluate(async (kernelName) => {
        const panel = await window.jupyterapp.commands.execute('notebook:create-new', { kernelName })
        return (panel as NotebookPanel).id
      }, kernelName),
    )
  }

  /** Opens a notebook file of the server's folder. */
  async openNotebook(path: string): Promise<Notebook> {
    return this.#opened(
      await this.page.evaluate(async (path) => {
        const panel = await window.jupyterapp.commands.execute('docmanager:open', {
          path,
          factory: 'Notebook',
        })
        return (panel as NotebookPanel).id
      }, path),
    )
  }

  /** Clicks a card of the launcher, by the kernel's display name; opens a notebook with it. */
  async launch(displayName: string): Promise<Notebook> {
    const cards = this.page.locator(`${launcher} .jp-LauncherCard[data-category="Notebook"]`)
    await cards.filter({ hasText: displayName }).click()
    await this.page.locator('.jp-NotebookPanel:not(.lm-mod-hidden) .jp-Notebook-cell').first().waitFor()
    return this.#opened(
      await this.page.evaluate(() => (window.jupyterapp.shell.currentWidget as NotebookPanel).id),
    )
  }

  async #opened(id: string): Promise<Notebook> {
    const notebook = new Notebook(this, id)
    await notebook.ready()
    return notebook
  }

  /** Writes `<name>.png` into the folder SELMA_SCREENSHOTS, when that is set. */
  async screenshot(name: string, { fullPage = false } = {}): Promise<string | undefined> {
    const folder = process.env.SELMA_SCREENSHOTS
    if (!folder) return undefined
    await mkdir(folder, { recursive: true })
    const path = join(folder, `${name}.png`)
    await this.page.screenshot({ path, fullPage })
    return path
  }

  /** Closes all tabs without saving and ends all kernels. */
  async clean(): Promise<void> {
    await this.page.evaluate(() => {
      for (const widget of Array.from(window.jupyterapp.shell.widgets('main'))) widget.dispose()
    })
    await shutDownKernels(this.server)
    // JupyterLab makes a launcher of its own when the last tab is gone.
    await this.page.locator(`${launcher} .jp-LauncherCard`).first().waitFor()
  }

  async close(): Promise<void> {
    await this.#browser.close()
    await this.server.stop()
  }
}

export interface LabSuite {
  /** Inside tests and hooks. */
  readonly lab: Lab
}

/** A group of tests that share a server and a page; after each, tabs and kernels are gone and no error was logged. */
export function describeLab(name: string, options: ServerOptions, define: (suite: LabSuite) => void): void {
  const why = whyNoLab()
  if (why) {
    describe.skip(`${name} (${why})`, () => define({ lab: undefined as never }))
    return
  }
  describe(name, () => {
    let lab: Lab
    beforeAll(async () => {
      lab = await Lab.open(options)
    })
    afterEach(async (context) => {
      const errors = lab.consoleErrors.splice(0)
      if (context.task.result?.state === 'fail')
        await lab.screenshot(`failed ${context.task.name.replace(/[^\w ]/g, '')}`)
      await lab.clean()
      expect(errors).toEqual([])
    })
    afterAll(async () => {
      await lab?.close()
    })
    define({
      get lab() {
        return lab
      },
    })
  })
}
