// The notebooks that come with the project, checked as the kernel checks cells before it runs them: nothing is run.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createConverter } from '../../kernel/language/converter.ts'
import { readNotebook } from '../../kernel/notebook.ts'
import { defaultPreload } from '../../kernel/preload.ts'
import { inPackage } from '../../lib/base/own-file.ts'

const folder = inPackage('notebooks')
const names = readdirSync(folder).filter((name) => name.endsWith('.ipynb'))

describe.each(names)('%s', (name) => {
  it('has cells that fit the library and each other', async () => {
    const { cells } = await readNotebook(join(folder, name))
    const converter = createConverter({ cwd: folder, preload: defaultPreload })
    onTestFinished(() => converter.close())
    const problems = cells
      .filter(({ cell_type: type }) => type === 'code')
      .flatMap(({ source }) => {
        const { cell, diagnostics } = converter.convert(source)
        if (cell) converter.commit(cell)
        return diagnostics.map(({ message }) => `${message}\nin\n${source}`)
      })
    expect(problems).toEqual([])
  })

  it('is kept without results', async () => {
    const { cells } = await readNotebook(join(folder, name))
    for (const cell of cells) if (cell.cell_type === 'code') expect(cell.outputs, cell.source).toEqual([])
  })

  it('names each cell once', async () => {
    const { cells } = await readNotebook(join(folder, name))
    const ids = cells.map(({ id }) => id)
    expect(new Set(ids).size).toBe(cells.length)
  })
})
