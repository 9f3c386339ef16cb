// The widgets of a notebook that is run without a browser: in its metadata, and in its report.
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { type CodeCell, readNotebook, writeNotebook } from '../../kernel/notebook.ts'
import { notebookReport } from '../../kernel/report/notebook-report.ts'
import { runNotebook } from '../../kernel/run-notebook.ts'
import { temporaryFolder } from '../support/temporary.ts'
import { code, notebookIn } from './report/notebooks.ts'

const STATE = 'application/vnd.jupyter.widget-state+json'
const VIEW = 'application/vnd.jupyter.widget-view+json'

interface Model {
  model_name: string
  model_module: string
  state: Record<string, unknown>
  buffers?: { encoding: string; path: unknown[]; data: string }[]
}

it('keeps the widgets of a headless run as they were at its end', { timeout: 300_000 }, async () => {
  const folder = await temporaryFolder()
  const path = await notebookIn(folder, [
    code('a', "const slider = new widgets.IntSlider({ value: 3, description: 'rank <b>' })\nslider"),
    code('b', 'const picture = new widgets.Image({ value: new Uint8Array([1, 2, 3]) })\nslider.value = 7'),
    code('c', 'const gone = new widgets.Text()\ngone.close()'),
  ])
  expect(await runNotebook(path)).toMatchObject({ status: 'ok' })
  const notebook = await readNotebook(path)
  const kept = (notebook.metadata.widgets as Record<string, Record<string, unknown>>)[STATE]
  expect(kept).toMatchObject({ version_major: 2, version_minor: 0 })
  const models = kept.state as Record<string, Model>
  const [output] = (notebook.cells[0] as CodeCell).outputs
  if (output.output_type !== 'execute_result') throw new Error(output.output_type)
  const { model_id: id } = output.data[VIEW] as { model_id: string }
  expect(models[id]).toMatchObject({
    model_name: 'IntSliderModel',
    model_module: '@jupyter-widgets/controls',
    state: { value: 7, description: 'rank <b>' },
  })
  expect(models).toHaveProperty(String(models[id].state.layout).replace('IPY_MODEL_', ''))
  const names = Object.values(models).map((one) => one.model_name)
  expect(names).toContain('ImageModel')
  expect(names).not.toContain('TextModel')
  const image = Object.values(models).find((one) => one.model_name === 'ImageModel')
  expect(image?.buffers).toEqual([{ encoding: 'base64', path: ['value'], data: 'AQID' }])

  // The page has no kernel and no widgets: what stands beside the view is shown, as text.
  const { html, embedded } = await notebookReport(notebook, { name: 'n.ipynb', folder })
  expect(html).toContain('description=&#39;rank &lt;b&gt;&#39;)</pre>')
  expect(html).not.toContain('rank <b>')
  expect(embedded.notebook.metadata).not.toHaveProperty('widgets')

  // Another run starts without them.
  notebook.cells = [{ ...(notebook.cells[0] as CodeCell), source: '1' }]
  const again = join(folder, 'again.ipynb')
  await writeNotebook(again, notebook)
  await runNotebook(again)
  expect((await readNotebook(again)).metadata).not.toHaveProperty('widgets')
})
