import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { readNotebook, tagsOf, writeNotebook } from '../../kernel/notebook.ts'
import { injectParameters } from '../../kernel/parameters.ts'
import { inPackage } from '../../lib/base/own-file.ts'
import { jupyterPython } from '../support/jupyter-environment.ts'
import { makeHome } from './lab/home.ts'

// The notebook as it is, every cell and every stage; only fewer prompts and steps than a person would take, but so many
// that each skill has some picture that its judge finds faultless. About three minutes of CPU, most of it choosing
// guidances.
const few = { outDir: 'report', promptsPerSkill: 16, trainSteps: 2, testPromptsPerSkill: 1 }

it.skipIf(!jupyterPython)(
  'nbclient runs the quickstart from its first cell to its report',
  async () => {
    const home = await makeHome()
    onTestFinished(() => home.remove())
    const path = join(home.root, 'quickstart.ipynb')
    const notebook = await readNotebook(inPackage('notebooks', '01-quickstart.ipynb'))
    for (const cell of notebook.cells)
      if (cell.cell_type === 'code') Object.assign(cell, { outputs: [], execution_count: null })
    await writeNotebook(path, injectParameters(notebook, few))

    const { code, output } = await home.python('jupyter', 'execute', '--inplace', '--timeout=-1', path)
    expect(code, output).toBe(0)
    const executed = await readNotebook(path)
    const ran = executed.cells.filter((one) => one.cell_type === 'code')
    expect(ran.map(({ execution_count: count }) => count)).toEqual(ran.map((_, i) => i + 1))
    for (const cell of ran) {
      const declares = tagsOf(cell).some((tag) => /parameters$/.test(tag))
      expect(cell.outputs.length, cell.source).toBeGreaterThan(declares ? -1 : 0)
    }
    const kinds = ran.flatMap(({ outputs }) => outputs.map((one) => one.output_type))
    expect(new Set(kinds)).not.toContain('error')
    for (const name of ['results.json', 'report.html'])
      expect(existsSync(join(home.root, few.outDir, name)), name).toBe(true)
  },
  1_800_000,
)
