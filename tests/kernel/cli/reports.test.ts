// `selma run --html`, `selma run --grid` and `selma reproduce`, as commands.
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { gridRuns, splitValues } from '../../../kernel/cli/run-parameters.ts'
import { readNotebook } from '../../../kernel/notebook.ts'
import { temporaryFolder } from '../../support/temporary.ts'
import { code, markdown, notebookIn } from '../report/notebooks.ts'
import { selma } from './support.ts'

const parameters = code('params', "const rank = 4\nconst note = 'a'", 'parameters')

describe('selma run --html, selma reproduce', { timeout: 600_000 }, () => {
  it('writes a report that can be made again, and tells what is no longer the same', async () => {
    const folder = await temporaryFolder()
    await notebookIn(folder, [
      markdown('t', '# A sum'),
      parameters,
      code(
        'read',
        "import { readFileSync } from 'node:fs'\nconst base = Number(readFileSync('base.txt', 'utf8'))",
      ),
      code('table', "[{ name: 'x', sum: base + rank }, { name: 'y', sum: 2 * rank }]"),
      code('time', 'console.log(performance.now())', 'nbval-ignore-output'),
    ])
    await writeFile(join(folder, 'base.txt'), '10')
    const made = await selma('run n.ipynb -o out.ipynb -p rank=16 --html site/r.html --json', folder)
    expect(made.code, made.stderr).toBe(0)
    expect(JSON.parse(made.stdout)).toMatchObject({ status: 'ok', report: join(folder, 'site', 'r.html') })
    expect((await readdir(join(folder, 'site', 'r-tables'))).sort()).toEqual(['table-1.csv', 'table-1.tex'])
    expect(await readFile(join(folder, 'site', 'r-tables', 'table-1.csv'), 'utf8')).toBe(
      'name,sum\nx,26\ny,32\n',
    )

    const again = await selma('reproduce site/r.html --json', folder)
    expect(again.code, again.stderr).toBe(0)
    expect(JSON.parse(again.stdout)).toMatchObject({
      command: 'reproduce',
      same: true,
      compared: 1,
      cells: [],
      settings: [],
    })
    expect((await readdir(join(folder, 'r-reproduced'))).sort()).toEqual([
      'n.ipynb',
      'report-tables',
      'report.html',
      'reproduced.json',
    ])

    await writeFile(join(folder, 'base.txt'), '11')
    const other = await selma('reproduce site/r.html', folder)
    expect(other.code, other.stderr).toBe(1)
    expect(other.stdout).toMatch(/^different: 1 of 4 cells, 0 settings\n {2}cell 4: table, x, sum: 26 → 27\n/)
    const note = JSON.parse(await readFile(join(folder, 'r-reproduced', 'reproduced.json'), 'utf8'))
    expect(note).toMatchObject({ same: false, cells: [{ cell: 4, id: 'table', old: '26', new: '27' }] })

    const html = await readFile(join(folder, 'site', 'r.html'), 'utf8')
    await writeFile(join(folder, 'edited.html'), html.replace('>26<', '>62<'))
    const edited = await selma('reproduce edited.html', folder)
    expect(edited).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('edited.html has been changed since it was written'),
    })
    await writeFile(join(folder, 'site', 'r.html'), 'mine')
    const kept = await selma('run n.ipynb -o out.ipynb --html site/r.html', folder)
    expect(kept).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('has been changed since selma wrote it'),
    })
  })

  it('reports a run that failed', async () => {
    const folder = await temporaryFolder()
    await notebookIn(folder, [code('a', 'throw new Error("no such thing")'), code('b', '1')])
    const { code: exit } = await selma('run n.ipynb --html r.html', folder)
    expect(exit).toBe(1)
    const html = await readFile(join(folder, 'r.html'), 'utf8')
    expect(html).toContain('2 planned, 0 finished, 1 failed, 1 not run')
    expect(html).toContain('cell 2 was not run')
  })
})

describe('selma run --grid', { timeout: 600_000 }, () => {
  it('runs every combination, goes on after a failure, and skips what is done', async () => {
    const folder = await temporaryFolder()
    const cells = [
      parameters,
      code('s', "if (rank === 8) throw new Error('eight')\nconsole.log([note, rank].join(':'))"),
    ]
    await notebookIn(folder, cells)
    const line = 'run n.ipynb --grid rank=4,8 --grid note=a,b/c -o out --html grid.html --jobs 2 --json'
    const first = await selma(line, folder)
    expect(first.code, first.stderr).toBe(1)
    const answer = JSON.parse(first.stdout)
    expect(answer).toMatchObject({ status: 'error', planned: 4, finished: 2, failed: 2, skipped: 0 })
    const names = answer.runs.map(({ name }: { name: string }) => name)
    expect(names).toEqual([
      'rank-4_note-a',
      expect.stringMatching(/^rank-4_note-b-c~[0-9a-f]{6}$/),
      'rank-8_note-a',
      expect.stringMatching(/^rank-8_note-b-c~/),
    ])
    expect(answer.runs[2]).toMatchObject({
      status: 'failed',
      parameters: { rank: 8, note: 'a' },
      error: 'cell 3: Error: eight',
    })
    expect(await readFile(join(folder, 'out', `${names[1]}.ipynb`), 'utf8')).toContain('b/c:4')
    const page = await readFile(join(folder, 'grid.html'), 'utf8')
    expect(page).toContain('4 planned, 2 finished, 2 failed, 0 done before')
    expect(page).toContain('href="out/rank-4_note-a.html"')
    expect(await readdir(join(folder, 'out'))).toContain('rank-8_note-a.html')

    const again = await selma(line, folder)
    expect(JSON.parse(again.stdout)).toMatchObject({ finished: 0, failed: 2, skipped: 2 })
    // Another notebook: nothing of it is done.
    await notebookIn(folder, [...cells, code('l', '1')])
    const changed = await selma('run n.ipynb --grid rank=4 --grid note=a -o out --json', folder)
    expect(JSON.parse(changed.stdout)).toMatchObject({ planned: 1, finished: 1, skipped: 0 })
    const fresh = await selma('run n.ipynb --grid rank=4 --grid note=a -o out --fresh --json', folder)
    expect(JSON.parse(fresh.stdout)).toMatchObject({ finished: 1, skipped: 0 })
  })

  it('refuses what it cannot run, before it starts', async () => {
    const folder = await temporaryFolder()
    const notebook = await readNotebook(await notebookIn(folder, [parameters]))
    const runs = (...grid: [string, string][]) => gridRuns(notebook, grid, { note: 'a' }, () => '')
    expect(runs(['rank', '4,8']).map(({ parameters }) => parameters)).toEqual([
      { note: 'a', rank: 4 },
      { note: 'a', rank: 8 },
    ])
    expect(() => runs(['rank', '4,x'])).toThrow(/rank cannot be "x"/)
    expect(() => runs(['depth', '1'])).toThrow(/no parameter "depth"/)
    expect(() => runs(['note', 'b'])).toThrow(/note is given twice/)
    expect(() => runs(['rank', '4,4.0'])).toThrow(/names a value twice/)
    expect(() => runs(['rank', ''])).toThrow(/rank cannot be ""/)
    const { code: exit, stderr } = await selma('run n.ipynb -p rank=many', folder)
    expect({ exit, stderr }).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining('rank cannot be "many"'),
    })
  })

  it('parts values at their commas', () => {
    expect(splitValues('4,16')).toEqual(['4', '16'])
    expect(splitValues('[1,2],[3]')).toEqual(['[1,2]', '[3]'])
    expect(splitValues('{"a":[1,2]},"x,y", z')).toEqual(['{"a":[1,2]}', '"x,y"', 'z'])
  })
})
