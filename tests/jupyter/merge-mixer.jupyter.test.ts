// The merge mixer in a real JupyterLab, on the embedded model: a weight moved changes the pictures, the method too,
// the mix is saved and loads, a reloaded page goes on. Nothing is logged as an error (describeLab looks).
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { loadLora } from '../../lib/formats/lora-files.ts'
import { mergeInfo } from '../../lib/merging/index.ts'
import { seriousFaults } from './lab/axe.ts'
import { describeLab } from './lab/lab.ts'

const cell = `const base = await T2I.load('shapes')
const text = ['a red ring', 'two blue squares']
const train = async (name: string, seed: number) =>
  experts.train(base, await images.generate(base, text, { steps: 2, guidance: 1, seed }),
    { name, steps: 6, rank: 4, batch: 2, seed, learningRate: 0.02, warmup: 0 })
const mixer = widgets.mergeMixer(base,
  [await train('rings', 1), await train('<img src=x onerror="window.hacked=1">', 2)],
  { prompts: text, steps: 3, guidance: 3 })
mixer`

describeLab('the merge mixer', {}, (suite) => {
  it('mixes, draws, saves, and goes on after a reload', async () => {
    const { lab } = suite
    const { page } = lab
    const book = await lab.newNotebook()
    const run = await book.runCell(cell, { timeoutMs: 500_000 })
    expect(run.text).toContain('Merge mixer on')
    expect(run.outputs.at(-1)?.data).toHaveProperty('image/png')
    const view = page.locator('.jp-NotebookPanel:not(.lm-mod-hidden) .selma-merge-mixer').last()
    const done = () => view.getByText('All drawn').waitFor({ timeout: 240_000 })
    /** Bytes of the mix's first picture, once it is that of the latest settings. */
    const mixed = async (): Promise<string> => {
      await done()
      const picture = view.locator('img[alt^="The mix"]:not(.mm-stale)').first()
      await picture.waitFor({ timeout: 60_000 })
      return picture.evaluate(async (element) => {
        const blob = await (await fetch((element as HTMLImageElement).src)).blob()
        return Array.from(new Uint8Array(await blob.arrayBuffer())).join(' ')
      })
    }
    const changed = async (before: string): Promise<string> => {
      await expect.poll(mixed, { timeout: 240_000, interval: 500 }).not.toBe(before)
      return mixed()
    }
    const first = await mixed()
    expect(first.startsWith('137 80 78 71')).toBe(true)
    await view.locator('.mm-heat').first().waitFor({ timeout: 60_000 })
    expect(await seriousFaults(lab, '.selma-merge-mixer')).toEqual([])
    await lab.screenshot('merge-mixer')

    await view.getByLabel('Weight of rings', { exact: true }).fill('1.5')
    const second = await changed(first)
    await view.getByLabel('Method', { exact: true }).selectOption('ties')
    await view.getByLabel('Density', { exact: true }).waitFor()
    const third = await changed(second)
    expect(await seriousFaults(lab, '.selma-merge-mixer')).toEqual([])

    await view.getByLabel('Folder').fill('mine')
    await view.getByRole('button', { name: 'Save as expert' }).click()
    await view.getByText('Saved in mine.').waitFor({ timeout: 60_000 })
    const saved = await loadLora(join(lab.server.root, 'mine'))
    expect(mergeInfo(saved)).toMatchObject({ method: 'ties', weights: [1.5, 0.5] })
    await view.getByRole('button', { name: 'Save as expert' }).click()
    await view.getByRole('button', { name: 'Keep it' }).click()

    await book.save()
    const path = await page.evaluate(
      () => (window.jupyterapp.shell.currentWidget as unknown as { context: { path: string } }).context.path,
    )
    await lab.reload()
    const again = await lab.openNotebook(path)
    await view.getByText('All drawn').waitFor({ timeout: 60_000 })
    expect(await view.getByLabel('Exact weight of rings').inputValue()).toBe('1.5')
    expect(await mixed()).toBe(third)
    const drawn = await again.runCell(
      `(await base.with(await experts.load('mine')).draw('a red ring', { steps: 3, guidance: 3 })).captions.length`,
      { timeoutMs: 240_000 },
    )
    expect(drawn.text).toContain('1')
    expect(await view.getByText('<img src=x').count()).toBeGreaterThan(0)
    expect(await page.evaluate(() => (window as { hacked?: number }).hacked)).toBeUndefined()
  })
})
