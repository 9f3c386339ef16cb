// The views in a real JupyterLab: opened, used, the page loaded anew, the kernel restarted. Nothing is logged as an
// error (describeLab looks), and axe finds nothing serious.
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Locator } from 'playwright-core'
import { expect, it } from 'vitest'
import { seriousFaults } from './lab/axe.ts'
import { describeLab, type Lab } from './lab/lab.ts'

const view = (lab: Lab, name: string): Locator =>
  lab.page.locator(`.jp-NotebookPanel:not(.lm-mod-hidden) .selma-${name}`).last()

const base = `const base = await T2I.load('shapes')
const text = ['a red ring', 'two blue squares', 'a green cross', 'three red rings']`

// Not one job after the other: a test must not wait for what another has left.
describeLab('views', { env: { SELMA_JOBS_AT_ONCE: '4' } }, (suite) => {
  it('the training monitor: watched, stopped, found again after a reload and after a restart', async () => {
    const { lab } = suite
    let book = await lab.newNotebook()
    const start = `${base}
const data = await images.generate(base, text, { steps: 2, guidance: 1, seed: 1 })
const job = await experts.start(base, data, {
  name: 'rings', steps: 5000, rank: 4, batch: 2, checkpointEvery: 5, seed: 7,
  samples: { prompts: ['a red ring', 'two blue squares'], steps: 2 },
})
job`
    const run = await book.runCell(start, { timeoutMs: 300_000 })
    expect(run.text).toContain('Training monitor')
    const monitor = () => view(lab, 'training-monitor')
    await monitor().getByText('running').waitFor({ timeout: 240_000 })
    await monitor().locator('.u-over').waitFor({ timeout: 120_000 })
    await monitor().locator('.tm-sample img').first().waitFor({ timeout: 120_000 })
    expect(await seriousFaults(lab, '.selma-view')).toEqual([])
    await monitor().getByRole('button', { name: 'Pause' }).click()
    await monitor().getByText('paused').waitFor({ timeout: 60_000 })
    await monitor().getByRole('button', { name: 'Resume' }).click()
    await monitor().getByRole('button', { name: 'Pause' }).waitFor({ timeout: 60_000 })
    await lab.screenshot('monitor-running')

    // The kernel lives: a reloaded page shows the same model.
    await book.save()
    const path = await lab.page.evaluate(
      () => (window.jupyterapp.shell.currentWidget as unknown as { context: { path: string } }).context.path,
    )
    await lab.reload()
    book = await lab.openNotebook(path)
    await monitor().getByRole('button', { name: 'Checkpoint now' }).waitFor({ timeout: 60_000 })
    await monitor().locator('.u-over').waitFor({ timeout: 60_000 })

    // The kernel is another, and the job goes on: its directory says everything.
    await book.restartKernel()
    // The old view is still there, and finds out when somebody comes to it.
    await lab.page.mouse.move(5, 5)
    await monitor().hover()
    await monitor().getByText('The kernel does not answer').waitFor({ timeout: 60_000 })
    const id = (await readdir(join(lab.server.env.SELMA_HOME, 'jobs'))).find(
      (name) => name.startsWith('train-') && !name.endsWith('.lock'),
    )
    const dir = join(lab.server.env.SELMA_HOME, 'jobs', id as string)
    await book.runCell(`widgets.trainingMonitor(openJob(${JSON.stringify(dir)}))`)
    await monitor().getByRole('button', { name: 'Stop' }).click()
    await monitor().getByText('stopped', { exact: true }).waitFor({ timeout: 120_000 })
    const events = await readFile(join(dir, 'events.jsonl'), 'utf8')
    expect(events.trim().split('\n').at(-1)).toContain('"stopped"')
    await lab.screenshot('monitor-stopped')

    // It goes on in another process; that one is killed, and nobody has to wait until its heartbeat is missed.
    const attempt = () => monitor().locator('.tm-facts', { hasText: 'attempt' }).textContent()
    await monitor().getByRole('button', { name: 'Go on' }).click()
    await monitor().getByText('running', { exact: true }).waitFor({ timeout: 120_000 })
    await expect.poll(attempt, { timeout: 60_000 }).toMatch(/attempt\s*2/)
    const { pid } = JSON.parse(await readFile(join(dir, 'process.json'), 'utf8'))
    process.kill(pid, 'SIGKILL')
    await monitor().getByText('interrupted', { exact: true }).waitFor({ timeout: 20_000 })
    await lab.screenshot('monitor-interrupted')
    await monitor().getByRole('button', { name: 'Go on' }).click()
    await expect.poll(attempt, { timeout: 120_000 }).toMatch(/attempt\s*3/)
    await monitor().getByRole('button', { name: 'Stop' }).click()
    await monitor().getByText('stopped', { exact: true }).waitFor({ timeout: 120_000 })
  })

  it('the image grid: filtered, moved in with keys, looked at closely; hostile text is text', async () => {
    const { lab } = suite
    const book = await lab.newNotebook()
    const run = await book.runCell(
      `${base}
const suite = { name: 'mine', repairs: [], items: suites.shapes({ perSkill: 2 }).items.slice(0, 6) }
const one = await evaluate(base, suite, { steps: 2, guidance: 1, name: 'two steps' })
const other = await evaluate(base, suite, { steps: 8, guidance: 3, name: '<img src=x onerror="window.hacked=1">' })
widgets.imageGrid([one, other])`,
      { timeoutMs: 400_000 },
    )
    expect(run.text).toContain('Image grid: 6 rows')
    expect(run.outputs.at(-1)?.data).toHaveProperty('image/png')
    const grid = view(lab, 'image-grid')
    await grid.locator('.ig-picture img').first().waitFor({ timeout: 60_000 })
    expect(await grid.locator('.ig-picture').count()).toBe(12)
    expect(await grid.getByText('<img src=x').count()).toBeGreaterThan(0)
    expect(await seriousFaults(lab, '.selma-view')).toEqual([])
    await grid.locator('.ig-picture').first().focus()
    const focused = () => lab.page.evaluate(() => (document.activeElement as HTMLElement).dataset.id)
    await lab.page.keyboard.press('ArrowDown')
    await expect.poll(focused).toBe('1:0')
    await lab.page.keyboard.press('ArrowRight')
    await expect.poll(focused).toBe('1:1')
    await lab.page.keyboard.press('Enter')
    await grid.getByRole('dialog').waitFor()
    expect(await grid.locator('.ig-questions tbody tr').count()).toBeGreaterThan(1)
    expect(await seriousFaults(lab, '.selma-view')).toEqual([])
    await lab.screenshot('grid-detail')
    await lab.page.keyboard.press('Escape')
    await expect.poll(focused).toBe('1:1')
    await grid.getByLabel('Words in the prompt').fill('no such words at all')
    await grid.getByText('0 of 6').waitFor()
    await grid.getByLabel('Words in the prompt').fill('')
    await grid.getByLabel('Answers').selectOption({ index: 1 })
    await grid.getByText(/^[1-6] of 6/).waitFor()
    expect(await lab.page.evaluate(() => (window as { hacked?: number }).hacked)).toBeUndefined()
  })

  it('the blind comparison: voted with keys, undone, gone on with after a reload', async () => {
    const { lab } = suite
    let book = await lab.newNotebook()
    await book.runCell(
      `${base}
widgets.blindComparison(base, await T2I.load('shapes-weak'), { prompts: text, seeds: [0], steps: 2, guidance: 1, rater: 'Ada', file: 'ada.jsonl' })`,
      { timeoutMs: 300_000 },
    )
    const blind = () => view(lab, 'blind-comparison')
    await blind().getByText('0 of 4 pairs judged').waitFor({ timeout: 60_000 })
    await blind().locator('.bc-side img').nth(1).waitFor({ timeout: 120_000 })
    expect(await seriousFaults(lab, '.selma-view')).toEqual([])
    await blind().locator('.bc-surface').focus()
    for (const [key, done] of [
      ['1', 1],
      ['2', 2],
      ['u', 1],
      ['0', 2],
    ] as const) {
      await lab.page.keyboard.press(key)
      await blind().getByText(`${done} of 4 pairs judged`).waitFor()
    }
    const votes = await readFile(join(lab.server.root, 'ada.jsonl'), 'utf8')
    expect(
      votes
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).choice ?? 'undo'),
    ).toEqual(['left', 'right', 'undo', 'tie'])
    await book.save()
    const path = await lab.page.evaluate(
      () => (window.jupyterapp.shell.currentWidget as unknown as { context: { path: string } }).context.path,
    )
    await lab.reload()
    book = await lab.openNotebook(path)
    await blind().getByText('2 of 4 pairs judged').waitFor({ timeout: 60_000 })
    await blind().getByRole('button', { name: 'Show results' }).click()
    await blind().getByText('Ada 2').waitFor()
    expect(await seriousFaults(lab, '.selma-view')).toEqual([])
    await lab.screenshot('blind-results')
  })
})
