import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Locator } from 'playwright-core'
import { expect, it } from 'vitest'
import { inPackage } from '../../lib/base/own-file.ts'
import { buildExtension, isExtensionFresh } from '../../scripts/build/extension.ts'
import { jupyterPython } from '../support/jupyter-environment.ts'
import type { NotebookPanel } from './lab/app.ts'
import { seriousFaults } from './lab/axe.ts'
import { describeLab, type Lab, whyNoLab } from './lab/lab.ts'

const built = inPackage('dist', 'labextension')
if (!whyNoLab() && !(await isExtensionFresh(built))) await buildExtension(built)

/** Until it is so; a busy machine takes its time. */
const soon = <T>(read: () => T | Promise<T>) => expect.poll(read, { timeout: 90_000, interval: 100 })

async function execute(lab: Lab, command: string, args: object = {}): Promise<void> {
  await lab.page.evaluate(
    async ({ command, args }) => {
      await window.jupyterapp.commands.execute(command, args)
    },
    { command, args },
  )
}

/** Waits until JupyterLab's splash is gone, too: a second one within its fading makes JupyterLab throw. */
async function changeTheme(lab: Lab, theme: string): Promise<void> {
  await execute(lab, 'apputils:change-theme', { theme })
  await lab.page.locator('#jupyterlab-splash').waitFor({ state: 'detached' })
}

/** The ground of the first figure, as it is drawn. */
const ground = (lab: Lab): Promise<string> =>
  lab.page.evaluate(
    () =>
      (document.querySelector('.jp-selma-Figure .main-svg') as HTMLElement | null)?.style.background ?? '',
  )

/** The row of a run. */
const row = (lab: Lab, id: string): Locator => lab.page.locator(`[data-run="${id}"]`)

const make = `const count = skill('count', { teaches: 'counting objects', seeds: ['three red squares', 'two blue rings', 'four green crosses'] })
const text = await prompts.generate(count, { n: 12, llm: offline, seed: 42 })
const base = await T2I.load('shapes')
const data = await images.generate(base, text, { steps: 2, guidance: 1, seed: 42 })
const one = await experts.train(base, data, { name: 'rank 4', rank: 4, steps: 12, batch: 2, seed: 42 })
const two = await experts.train(base, data, { name: '<img src=x onerror="hostile()">', rank: 8, steps: 12, batch: 2, seed: 42 })`

const hostile = `const hostile = { [Symbol.for('Jupyter.display')]: () => ({
  'text/plain': 'A figure',
  'image/png': 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'application/vnd.plotly.v1+json': {
    data: [{ type: 'scatter', mode: 'markers+text', y: [1, 3, 2], name: '<img src=x onerror="hostile()">',
      text: ['<a href="javascript:hostile()">a</a>', '<a href="https://example.org/">b</a>', '<b onclick="hostile()">c</b>'] },
      { type: 'bar', y: [1, 1, 1], name: 'javascript:hostile()' }],
    layout: { title: { text: '<script>hostile()</script> <a href="java&#115;cript:hostile()">d</a>' },
      xaxis: { title: { text: 'x'.repeat(1_000_000) } } },
    config: { showLink: true, plotlyServerURL: 'javascript:hostile()//' },
  },
}) }
hostile`

describeLab(
  'the JupyterLab extension',
  {
    extensions: [built],
    env: {
      // Jobs beside the notebook, as they are without SELMA_HOME; and a server that shows them.
      SELMA_HOME: '.selma',
      JUPYTER_CONFIG_PATH: fileURLToPath(new URL('allow-hidden', import.meta.url)),
    },
  },
  (suite) => {
    it('is listed as enabled and OK', async () => {
      const { stdout, stderr } = await promisify(execFile)(
        jupyterPython!,
        ['-m', 'jupyter', 'labextension', 'list'],
        { env: { ...process.env, ...suite.lab.server.env } },
      )
      // biome-ignore lint/suspicious/noControlCharactersInRegex: colours
      const plain = `${stdout}${stderr}`.replace(/\x1b\[\d+m/g, '')
      expect(plain).toMatch(/@selma-lab\/jupyterlab v\S+ enabled OK/)
    })

    it('makes a notebook with the kernel from its card', async () => {
      const { lab } = suite
      await lab.page.locator('.jp-LauncherCard[data-category="SELMA"]', { hasText: 'SELMA notebook' }).click()
      await lab.page.locator('.jp-NotebookPanel .jp-Notebook-cell').first().waitFor()
      const kernel = () =>
        lab.page.evaluate(
          () =>
            (window.jupyterapp.shell.currentWidget as NotebookPanel).context.sessionContext.session?.kernel
              ?.name,
        )
      await soon(kernel).toBe('selma')
    })

    it('draws a figure that follows the theme and the cell, and keeps its picture', async () => {
      const { lab } = suite
      const notebook = await lab.newNotebook()
      const { cell, outputs } = await notebook.runCell(
        `({ data: [{ y: [3, 1, 2], name: 'a' }, { y: [1, 2, 3], name: 'b' }], layout: { title: { text: 'Two lines' } } })`,
      )
      const plot = cell.locator('.jp-selma-Figure .main-svg').first()
      await plot.waitFor()
      expect(Object.keys(outputs[0].data!).sort()).toEqual([
        'application/vnd.plotly.v1+json',
        'image/png',
        'text/plain',
      ])
      expect(await ground(lab)).toBe('rgb(255, 255, 255)')
      expect(await seriousFaults(lab, '.jp-selma-Figure')).toEqual([])
      const width = async () => (await plot.boundingBox())!.width
      const before = await width()
      await lab.page.setViewportSize({ width: 760, height: 900 })
      await soon(width).toBeLessThan(before - 300)
      await lab.page.setViewportSize({ width: 1280, height: 900 })
      await soon(width).toBe(before)
      await changeTheme(lab, 'JupyterLab Dark')
      await soon(() => ground(lab)).toBe('rgb(17, 17, 17)')
      await lab.screenshot('extension figure dark')
      await changeTheme(lab, 'JupyterLab Light')
      await soon(() => ground(lab)).toBe('rgb(255, 255, 255)')
      await cell.locator('.jp-selma-Figure').hover()
      const download = lab.page.waitForEvent('download')
      await cell.locator('[data-title="Save as PNG"]').click()
      const png = await readFile((await (await download).path()) as string)
      expect(png.subarray(1, 4).toString()).toBe('PNG')
      await notebook.save()
      const path = await lab.page.evaluate(
        () => (window.jupyterapp.shell.currentWidget as NotebookPanel).context.path,
      )
      const saved = JSON.parse(await readFile(join(lab.server.root, path), 'utf8'))
      const { 'text/plain': text, ...rest } = saved.cells[0].outputs[0].data
      expect({ ...rest, 'text/plain': [text].flat().join('') }).toEqual(outputs[0].data)
    })

    it('puts a picture beside a figure that only a browser can draw', async () => {
      const notebook = await suite.lab.newNotebook()
      const { cell } = await notebook.runCell(
        `({ data: [{ type: 'heatmap', z: [[1, 2], [3, 4]] }], layout: {} })`,
      )
      await cell.locator('.jp-selma-Figure .main-svg').first().waitFor()
      const picture = async () => (await notebook.outputs(0)).outputs[0].data?.['image/png']
      await soon(picture).toMatch(/^iVBOR/)
    })

    it('shows what is hostile in a figure as text', async () => {
      const { lab } = suite
      const notebook = await lab.newNotebook()
      const { cell } = await notebook.runCell(hostile)
      await cell.locator('.jp-selma-Figure .main-svg').first().waitFor()
      await expect
        .poll(() => cell.locator('.legendtext').first().textContent())
        .toContain('<img src=x onerror')
      expect(await cell.locator('.gtitle').textContent()).toContain('<script>hostile()</script>')
      const figure = await cell.locator('.jp-selma-Figure').evaluate((node) => ({
        links: Array.from(
          node.querySelectorAll('a'),
          (a) => a.getAttribute('xlink:href') ?? a.getAttribute('href'),
        ),
        handlers: Array.from(node.querySelectorAll('*')).filter((one) =>
          one.getAttributeNames().some((name) => name.startsWith('on')),
        ).length,
        foreign: node.querySelectorAll('script, iframe, foreignObject, img[src="x"]').length,
      }))
      expect(figure.links.filter((link) => link !== null)).toEqual(['https://example.org/'])
      expect(figure).toMatchObject({ handlers: 0, foreign: 0 })
    })

    it('lists, steers, compares, opens and deletes jobs', async () => {
      const { lab } = suite
      const { page } = lab
      const notebook = await lab.newNotebook()
      await notebook.runCell(make, { timeoutMs: 600_000 })
      await notebook.runCell(
        `const job = await experts.start(base, data, { name: 'long', rank: 4, steps: 100_000, batch: 2, seed: 1 }); job.id`,
      )
      const id = (await notebook.outputs(1)).text.replaceAll("'", '')
      await execute(lab, 'selma:show-runs')
      const long = row(lab, id)
      await soon(() => long.getAttribute('data-state')).toBe('running')
      await soon(() => long.innerText()).toMatch(/\d+ of 100000 steps · loss [\d.]+/)
      expect(await page.locator('.jp-selma-Runs-run').count()).toBe(5)
      expect(await page.locator('.jp-selma-Runs').innerText()).toContain(
        'train: <img src=x onerror="hostile()">',
      )
      expect(await seriousFaults(lab, '.jp-selma-Runs')).toEqual([])
      await soon(() => long.innerText()).toMatch(/\d+(\.\d)? [kM]B/)
      await lab.screenshot('runs light')

      await long.getByRole('button', { name: 'Pause' }).click()
      await soon(() => long.getAttribute('data-state')).toBe('paused')
      const remove = execute(lab, 'selma:delete-run', { paths: [`.selma/jobs/${id}`] })
      const dialog = page.locator('.jp-Dialog')
      await soon(() => dialog.innerText()).toContain('Stop it, and delete it then')
      await dialog.locator('.jp-mod-accept').click()
      await remove
      await long.getByRole('button', { name: 'Resume' }).click()
      await soon(() => long.getAttribute('data-state')).toBe('running')
      await long.getByRole('button', { name: 'Save and stop' }).click()
      await soon(() => long.getAttribute('data-state')).toBe('stopped')
      expect((await notebook.runCell('(await job.status()).state')).text).toBe("'stopped'")

      for (const name of ['rank 4', 'onerror']) await page.getByRole('checkbox', { name }).check()
      await page.getByRole('button', { name: 'Compare 2' }).click()
      const table = page.locator('.jp-selma-Compare table')
      await soon(() => table.innerText()).toMatch(/train\.rank\s+8\s+4|train\.rank\s+4\s+8/)
      expect(await table.innerText()).not.toContain('train.batch')
      await page.getByRole('checkbox', { name: 'only what differs' }).uncheck()
      await soon(() => table.innerText()).toContain('train.batch')
      const legend = page.locator('.jp-selma-Compare .legendtext')
      await expect
        .poll(async () => (await legend.allTextContents()).sort())
        .toEqual(['train: <img src=x onerror="hostile(…', 'train: rank 4'])
      expect(await seriousFaults(lab, '.jp-selma-Compare')).toEqual([])
      await lab.screenshot('compare light')
      await changeTheme(lab, 'JupyterLab Dark')
      await soon(() => ground(lab)).toBe('rgb(17, 17, 17)')
      expect(await seriousFaults(lab, '.jp-selma-Compare')).toEqual([])
      expect(await seriousFaults(lab, '.jp-selma-Runs')).toEqual([])
      await lab.screenshot('compare dark')
      await changeTheme(lab, 'JupyterLab Light')

      await notebook.activate()
      await long.getByRole('button', { name: 'Open in the notebook' }).click()
      const opened = `openJob('.selma/jobs/${id}')`
      await soon(() => notebook.panel.innerText()).toContain(opened)

      await long.getByRole('button', { name: 'Delete' }).click()
      await soon(() => dialog.innerText()).toContain(id)
      await dialog.getByRole('button', { name: 'Delete' }).click()
      await soon(() => long.count()).toBe(0)
      expect(existsSync(join(lab.server.root, '.selma', 'jobs', id))).toBe(false)
    })

    it('is in the palette, and asks which job is meant', async () => {
      const { page } = suite.lab
      await execute(suite.lab, 'selma:show-runs')
      const ticks = page.locator('.jp-selma-Runs-run input')
      await ticks.first().waitFor()
      for (const tick of await ticks.all()) await tick.uncheck()
      await page.keyboard.press('ControlOrMeta+Shift+C')
      await page.locator('#modal-command-palette input').fill('compare runs')
      await page.keyboard.press('Enter')
      const dialog = page.locator('.jp-Dialog')
      await dialog.locator('select').selectOption({ index: 0 })
      await dialog.locator('.jp-mod-accept').click()
      await page.locator('.jp-selma-Compare').waitFor()
    })

    it('says so when there is nothing to list', async () => {
      const { lab } = suite
      await execute(lab, 'selma:show-runs')
      const folder = join(lab.server.root, '.selma', 'jobs')
      await rename(folder, `${folder}-aside`)
      const panel = lab.page.locator('.jp-selma-Runs')
      await soon(() => panel.innerText()).toContain('No runs yet')
      await rename(`${folder}-aside`, folder)
      await soon(() => panel.innerText()).not.toContain('No runs yet')
    })
  },
)

describeLab('the runs panel on a server that hides folders', { extensions: [built] }, (suite) => {
  it('says how to start it', async () => {
    const { lab } = suite
    await execute(lab, 'selma:show-runs')
    const panel = lab.page.locator('.jp-selma-Runs')
    await soon(() => panel.innerText()).toContain('--ContentsManager.allow_hidden=True')
    expect(await seriousFaults(lab, '.jp-selma-Runs')).toEqual([])
  })
})
