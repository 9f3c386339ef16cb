import type { Locator } from 'playwright-core'
import { expect, it } from 'vitest'
import { describeLab } from './lab/lab.ts'

/** Waits until that text is there. */
async function reads(place: Locator, text: string): Promise<void> {
  await expect.poll(async () => (await place.innerText()).trim(), { timeout: 120_000 }).toBe(text)
}

/** A picture that the browser could decode. */
async function drawn(picture: Locator): Promise<void> {
  const width = () => picture.evaluate((one) => (one as HTMLImageElement).naturalWidth)
  await expect.poll(width, { timeout: 120_000 }).toBeGreaterThan(0)
}

// JupyterLab gives completions up after a second, which a busy machine may need.
const patient = { '@jupyterlab/completer-extension:manager': { providerTimeout: 60_000 } }

describeLab('a notebook in JupyterLab', { settings: patient }, (suite) => {
  it('starts the kernel from the launcher’s card', async () => {
    const { lab } = suite
    await lab.screenshot('launcher')
    const notebook = await lab.launch('SELMA (TypeScript)')
    const { outputs, text } = await notebook.runCell('const answer: number = 6 * 7\nanswer')
    expect(outputs).toMatchObject([{ output_type: 'execute_result', execution_count: 1 }])
    expect(text).toBe('42')
    expect(await notebook.panel.locator('.jp-Toolbar-kernelName').innerText()).toBe('SELMA (TypeScript)')
  })

  it('shows what cells print, give and throw', async () => {
    const { lab } = suite
    const notebook = await lab.newNotebook()
    const printed = await notebook.runCell("console.log('to stdout'); console.error('to stderr')")
    expect(printed.outputs.map(({ name, text }) => [name, text])).toEqual([
      ['stdout', 'to stdout\n'],
      ['stderr', 'to stderr\n'],
    ])
    const table = await notebook.runCell("[{ model: 'base', score: 0.41 }, { model: 'merged', score: 0.62 }]")
    expect(await table.cell.locator('.jp-OutputArea-output td').allInnerTexts()).toContain('merged')
    const failed = await notebook.runCell(
      "function check(n: number): void {\n  if (n > 3) throw new RangeError(n + ' is too many')\n}\ncheck(4)",
    )
    expect(failed.outputs).toMatchObject([
      { output_type: 'error', ename: 'RangeError', evalue: '4 is too many' },
    ])
    expect(failed.text).toContain('line 2')
    const diagnosed = await notebook.runCell("const n: number = 'three'")
    expect(diagnosed.outputs).toHaveLength(1)
    expect(diagnosed.text).toContain("Type 'string' is not assignable to type 'number'. (TS2322)")
    expect(await diagnosed.cell.locator('.jp-OutputArea-output').innerText()).toContain('TS2322')
    await lab.screenshot('printed and thrown')
  })

  it('shows Markdown, HTML, formulas, figures and pictures', async () => {
    const { lab } = suite
    const notebook = await lab.newNotebook()
    const written = await notebook.runCell('markdown`**bold** and a [link](https://arxiv.org)`')
    await written.cell.locator('.jp-RenderedMarkdown strong').waitFor()
    const marked = await notebook.runCell(`html\`<b style="color: teal">\${'<i>escaped</i>'}</b>\``)
    expect(await marked.cell.locator('.jp-RenderedHTML b').innerText()).toBe('<i>escaped</i>')
    const formula = await notebook.runCell('latex`$\\Delta W = B A$`')
    await formula.cell.locator('mjx-container').waitFor()
    await lab.screenshot('markdown and HTML')
    const figure = await notebook.runCell(
      "lossChart([{ name: 'count', steps: [1, 2, 3, 4], values: [0.9, 0.4, 0.3, 0.25] }])",
    )
    expect(Object.keys(figure.outputs[0].data!)).toEqual(
      expect.arrayContaining(['application/vnd.plotly.v1+json', 'image/png', 'text/plain']),
    )
    await drawn(figure.cell.locator('.jp-OutputArea-output img'))
    await lab.screenshot('figure')
    const picture = await notebook.runCell(
      "const base = await T2I.load('shapes')\nawait base.draw('three red squares', { seed: 1, steps: 8 })",
    )
    await drawn(picture.cell.locator('.jp-OutputArea-output img').first())
    await lab.screenshot('picture')
  })

  it('shares a slider between kernel and page', async () => {
    const { lab } = suite
    const { page } = lab
    const notebook = await lab.newNotebook()
    const { cell } = await notebook.runCell(
      "const steps = new widgets.IntSlider({ value: 30, min: 1, max: 100, description: 'steps' })\nsteps",
    )
    const handle = cell.locator('.widget-slider .noUi-handle')
    const readout = cell.locator('.widget-readout')
    await handle.waitFor()
    expect(await readout.innerText()).toBe('30')
    await handle.focus()
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('ArrowRight')
    await reads(readout, '32')
    expect((await notebook.runCell('steps.value')).text).toBe('32')

    const { x, y, width, height } = (await handle.boundingBox())!
    await page.mouse.move(x + width / 2, y + height / 2)
    await page.mouse.down()
    await page.mouse.move(x + 2000, y + height / 2, { steps: 5 })
    await page.mouse.up()
    await reads(readout, '100')
    expect((await notebook.runCell('steps.value')).text).toBe('100')

    const heard = await notebook.runCell(
      "steps.observe('value', ({ old, new: now }) => console.log(old, '→', now))\nsteps.value = 55",
    )
    expect(heard.text).toContain('100 → 55')
    await reads(readout, '55')
    await lab.screenshot('slider')
  })

  it('stops an awaiting cell and a loop with the stop button, and keeps the state', async () => {
    const { lab } = suite
    const notebook = await lab.newNotebook()
    await notebook.runCell("const kept = 'still here'")
    for (const forever of ['await new Promise(() => {})', 'while (true) {}']) {
      const run = await notebook.startCell(`console.log('started')\n${forever}`)
      await reads(run.cell.locator('.jp-OutputArea-output'), 'started')
      expect(await run.cell.locator('.jp-InputPrompt').innerText()).toBe('[*]:')
      await notebook.interrupt()
      const { outputs } = await run.finished()
      expect(outputs.at(-1)).toMatchObject({ output_type: 'error', ename: 'Interrupted' })
      expect((await notebook.runCell('kept')).text).toBe("'still here'")
    }
    await lab.screenshot('interrupted')
  })

  it('restarts: old names are gone, the library is there', async () => {
    const { lab } = suite
    const notebook = await lab.newNotebook()
    await notebook.runCell('const gone = 1')
    await notebook.restartKernel()
    const { outputs, text } = await notebook.runCell('gone')
    expect(outputs).toMatchObject([{ output_type: 'error' }])
    expect(text).toContain("Cannot find name 'gone'")
    expect((await notebook.runCell("getSkill('count').name")).text).toBe("'count'")
    await lab.screenshot('restarted')
  })

  it('asks with a box where a cell wants input', async () => {
    const { lab } = suite
    const { page } = lab
    const notebook = await lab.newNotebook()
    const run = await notebook.startCell("const who = await input('Who is there? ')\n'Hello, ' + who")
    const box = run.cell.locator('.jp-Stdin-input')
    await box.fill('Ada')
    await lab.screenshot('input')
    await page.keyboard.press('Enter')
    const { text, outputs } = await run.finished()
    expect(outputs.at(-1)?.data?.['text/plain']).toBe("'Hello, Ada'")
    expect(text).toMatch(/Who is there\? +Ada/)
    const asked = await notebook.startCell("const key = await input('Key: ', { password: true })\nkey.length")
    const password = asked.cell.locator('.jp-Stdin-input')
    expect(await password.getAttribute('type')).toBe('password')
    await password.fill('hunter2')
    await page.keyboard.press('Enter')
    const secret = await asked.finished()
    expect(secret.outputs.at(-1)?.data?.['text/plain']).toBe('7')
    expect(JSON.stringify(secret.outputs)).not.toContain('hunter2')
  })

  it('completes with Tab and explains with Shift+Tab', async () => {
    const { lab } = suite
    const { page } = lab
    const notebook = await lab.newNotebook()
    await notebook.runCell("const title = 'three red squares'")
    const matches = page.locator('.jp-Completer:not(.lm-mod-hidden) .jp-Completer-match')
    const code = (await notebook.type('title.ch')).locator('.cm-content')
    await page.keyboard.press('Tab')
    await matches.first().waitFor({ timeout: 120_000 })
    expect(await matches.allInnerTexts()).toEqual(['charAt', 'charCodeAt'])
    await page.keyboard.press('Enter')
    await reads(code, 'title.charAt')
    await notebook.type('title.')
    await page.keyboard.press('Tab')
    await expect.poll(() => matches.allInnerTexts(), { timeout: 120_000 }).toContain('toUpperCase')
    await lab.screenshot('completion')
    await page.keyboard.press('Escape')
    await notebook.type('T2I.load')
    await page.keyboard.press('Shift+Tab')
    const tooltip = page.locator('.jp-Tooltip')
    await tooltip.waitFor({ timeout: 120_000 })
    expect(await tooltip.innerText()).toContain('load')
    await lab.screenshot('tooltip')
  })
})
