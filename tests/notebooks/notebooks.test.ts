// The notebooks that come with the project, checked as the kernel checks cells before it runs them: nothing is run.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createConverter } from '../../kernel/language/converter.ts'
import { readNotebook } from '../../kernel/notebook.ts'
import { defaultPreload } from '../../kernel/preload.ts'
import { readJson } from '../../lib/base/files.ts'
import { inPackage } from '../../lib/base/own-file.ts'

const folder = inPackage('notebooks')
const names = readdirSync(folder).filter((name) => name.endsWith('.ipynb'))
const notebooks = await Promise.all(
  names.map(async (name) => ({ name, cells: (await readNotebook(join(folder, name))).cells })),
)

describe.each(notebooks)('$name', ({ name, cells }) => {
  const code = cells.filter((cell) => cell.cell_type === 'code')

  it('has cells that fit the library and each other', () => {
    const converter = createConverter({ cwd: folder, preload: defaultPreload })
    onTestFinished(() => converter.close())
    const problems = code.flatMap(({ source }) => {
      const { cell, diagnostics } = converter.convert(source)
      if (cell) converter.commit(cell)
      return diagnostics.map(({ message }) => `${message}\nin\n${source}`)
    })
    expect(problems).toEqual([])
  })

  it('is kept without results', () => {
    for (const { outputs, source } of code) expect(outputs, source).toEqual([])
  })

  // As it is stored: readNotebook gives new ids in place of missing and repeated ones.
  it('names each cell once', async () => {
    const stored = (await readJson(join(folder, name))) as { cells: { id?: string }[] }
    const ids = stored.cells.map(({ id }) => id)
    expect(new Set(ids).size).toBe(cells.length)
  })
})
