// `selma run`, and the tables of `selma quickstart`.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { resultTables } from '../../../kernel/cli/quickstart-run.ts'
import { temporaryFolder } from '../../support/temporary.ts'
import { selma } from './support.ts'

const cell = (id: string, source: string, tags: string[] = []) => ({
  cell_type: 'code',
  id,
  metadata: { tags },
  source,
  outputs: [],
  execution_count: null,
})

async function notebookIn(folder: string, ...more: object[]): Promise<void> {
  const cells = [
    cell('p', 'const n = 1\nconst name = "a"', ['parameters']),
    { cell_type: 'markdown', id: 'h', metadata: {}, source: '## The sum\n\nof it' },
    cell('s', 'console.log([name, n + 1].join(": "))'),
    ...more,
  ]
  const kernelspec = { name: 'selma', display_name: 'SELMA (TypeScript)', language: 'typescript' }
  await writeFile(
    join(folder, 'n.ipynb'),
    JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: { kernelspec }, cells }),
  )
}

describe('selma run', { timeout: 120_000 }, () => {
  it('executes a notebook with parameters of a file and of the line', async () => {
    const folder = await temporaryFolder()
    await notebookIn(folder)
    await writeFile(join(folder, 'params.yaml'), 'n: 2\nname: from the file\n')
    const before = await readFile(join(folder, 'n.ipynb'), 'utf8')
    const { code, stdout, stderr } = await selma(
      'run n.ipynb -o out.ipynb -f params.yaml -p n=40 --json',
      folder,
    )
    expect(code, stderr).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ command: 'run', status: 'ok', executed: 3, failed: null })
    expect(stderr).toContain('The sum')
    expect(await readFile(join(folder, 'out.ipynb'), 'utf8')).toContain('from the file: 41')
    expect(await readFile(join(folder, 'n.ipynb'), 'utf8')).toBe(before)
  })

  it('tells which cell failed, and keeps what was done', async () => {
    const folder = await temporaryFolder()
    await notebookIn(folder, cell('f', 'throw new Error("no such thing")'), cell('l', '1'))
    const { code, stdout, stderr } = await selma('run n.ipynb', folder)
    expect(code).toBe(1)
    expect(stdout).toContain('cell 3 failed: Error: no such thing')
    expect(stderr).toContain('no such thing')
    expect(await readFile(join(folder, 'n.ipynb'), 'utf8')).toContain('a: 2')
  })
})

describe('selma quickstart', () => {
  it('prints the tables of results.json', () => {
    const text = resultTables({
      models: [
        {
          name: 'merged',
          guidance: 5,
          dsg: { mean: 0.777, low: 0.75, high: 0.8, n: 80 },
          strict: { mean: 0.5, low: null, high: null },
        },
      ],
      comparisons: [
        { a: 'merged', b: 'base', measure: 'dsg', mean: 0.05, low: -0.01, high: 0.11, n: 80, p: 0.03 },
      ],
    })
    expect(text).toMatch(/merged +5\.0 +77\.7 \[75\.0, 80\.0\], n=80 +50\.0\n/)
    expect(text).toMatch(/merged − base +dsg +5\.0 \[-1\.0, 11\.0\], n=80 +0\.0300/)
  })
})
