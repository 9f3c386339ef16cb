// The prompt studio in a real JupyterLab: prompts written, sorted by hand and by threshold, exported; the page loaded
// anew. Nothing is logged as an error (describeLab looks), axe finds nothing serious, hostile text stays text.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { seriousFaults } from './lab/axe.ts'
import { describeLab, type Lab } from './lab/lab.ts'

const studioOf = (lab: Lab) =>
  lab.page.locator('.jp-NotebookPanel:not(.lm-mod-hidden) .selma-prompt-studio').last()

const read = async (lab: Lab, name: string): Promise<string[]> =>
  (await readFile(join(lab.server.root, name), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).text)

describeLab('the prompt studio', {}, (suite) => {
  it('writes, is sorted by hand and threshold, exports, and is there after a reload', async () => {
    const { lab } = suite
    let book = await lab.newNotebook()
    const run = await book.runCell(
      "const studio = widgets.promptStudio('count', { n: 40, shapesOnly: true })\nstudio",
    )
    expect(run.text).toContain('Prompt studio for count: 0 of 40 prompts accepted')
    expect(run.outputs.at(-1)?.data).toHaveProperty('image/png')
    const studio = () => studioOf(lab)
    await studio().getByText('Nothing is written yet').waitFor({ timeout: 60_000 })
    await studio().locator('summary').click()
    expect(await seriousFaults(lab, '.selma-view')).toEqual([])
    await studio().locator('summary').click()
    await studio().getByRole('button', { name: 'Generate' }).click()
    await studio().getByText('40 of 40 accepted').waitFor({ timeout: 120_000 })
    await studio()
      .getByRole('button', { name: /^Reject candidate/ })
      .first()
      .click()
    await studio().getByText('39 of 40 accepted').waitFor()
    await studio().getByRole('slider').fill('0.65')
    await studio()
      .getByText(/would be rejected: \d+ accepted/)
      .waitFor()
    expect(await seriousFaults(lab, '.selma-view')).toEqual([])
    await lab.screenshot('studio-preview')
    await studio().getByRole('button', { name: 'Apply 0.65' }).click()
    await studio().getByText('Move it to see what would change').waitFor()
    const [, accepted] = /(\d+) of 40 accepted/.exec((await studio().textContent()) ?? '') ?? []
    expect(Number(accepted)).toBeLessThan(39)

    await writeFile(join(lab.server.root, 'mine.jsonl'), '{"text": "not to be lost"}\n')
    await studio().getByLabel('File').fill('mine.jsonl')
    await studio()
      .getByRole('button', { name: /^Export/ })
      .click()
    await studio().getByText('is there already').waitFor()
    expect(await read(lab, 'mine.jsonl')).toEqual(['not to be lost'])
    await studio().getByRole('button', { name: 'Overwrite it' }).click()
    await studio().getByText(`${accepted} prompts are in`).waitFor()
    const exported = await read(lab, 'mine.jsonl')
    expect(exported).toHaveLength(Number(accepted))
    const { text } = await book.runCell(
      'console.log(JSON.stringify(studio.prompts.records.map((one) => one.text)))',
    )
    expect(JSON.parse(text.trim())).toEqual(exported)

    await book.save()
    const path = await lab.page.evaluate(
      () => (window.jupyterapp.shell.currentWidget as unknown as { context: { path: string } }).context.path,
    )
    await lab.reload()
    book = await lab.openNotebook(path)
    await studio().getByText(`${accepted} of 40 accepted`).waitFor({ timeout: 60_000 })
    await studio()
      .getByRole('button', { name: /^Accepted/ })
      .click()
    expect(await studio().locator('.ps-words').allTextContents()).toEqual(exported.toReversed())
    await studio().getByRole('button', { name: 'Undo' }).click()
    await studio().getByRole('button', { name: 'By hand 0' }).waitFor()
    await lab.screenshot('studio-reloaded')
  })

  it('shows hostile answers as text, and says what a language model fails with', async () => {
    const { lab } = suite
    const book = await lab.newNotebook()
    await book.runCell(`const hostile = '<img src=x onerror="window.hacked = 1">'
let asked = 0
const llm = {
  name: hostile, kind: 'llm',
  async complete() {
    if (asked++ > 0) throw new Error('the wire is cut')
    return { text: '4. a ring ' + hostile + '\\n5. ' + 'long '.repeat(200_000), promptTokens: 1, completionTokens: 1 }
  },
}
widgets.promptStudio('coco', { n: 9, llm: llm as never, title: hostile })`)
    const studio = studioOf(lab)
    await studio.getByRole('button', { name: 'Generate' }).click()
    await studio.getByText('the wire is cut').waitFor({ timeout: 60_000 })
    await studio.locator('.ps-words', { hasText: 'a ring <img src=x' }).waitFor()
    expect(await studio.locator('img').count()).toBe(0)
    expect(((await studio.textContent()) ?? '').length).toBeLessThan(20_000)
    expect(await seriousFaults(lab, '.selma-view')).toEqual([])
    expect(await lab.page.evaluate(() => (window as { hacked?: number }).hacked)).toBeUndefined()
  })
})
