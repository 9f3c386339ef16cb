import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type CodeCell, readNotebook } from '../../kernel/notebook.ts'
import { type NotebookProgress, type RunNotebookOptions, runNotebook } from '../../kernel/run-notebook.ts'
import { fixtures } from './fixtures/session.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'selma-notebook-'))
})
afterAll(() => rm(folder, { recursive: true }))

let made = 0

/** Runs cells (a text, or a text and tags) as a notebook in a process of their own. */
async function run(cells: (string | [string, ...string[]])[], options: RunNotebookOptions = {}) {
  const path = join(folder, `${++made}.ipynb`)
  const code = cells.map((one, at) => {
    const [source, ...tags] = typeof one === 'string' ? [one] : one
    return {
      cell_type: 'code',
      id: `c${at}`,
      metadata: tags.length ? { tags } : {},
      source,
      outputs: [],
      execution_count: null,
    }
  })
  const intro = { cell_type: 'markdown', id: 'intro', metadata: {}, source: '# A notebook' }
  await writeFile(
    path,
    JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: {}, cells: [intro, ...code] }),
  )
  const events: NotebookProgress[] = []
  const result = await runNotebook(path, {
    preload: false,
    onProgress: (event) => events.push(event),
    ...options,
  })
  const notebook = await readNotebook(result.path)
  const byId = new Map(notebook.cells.map((one) => [one.id, one as CodeCell]))
  const printed = (id: string, name = 'stdout') =>
    byId
      .get(id)!
      .outputs.map((one) => (one.output_type === 'stream' && one.name === name ? one.text : ''))
      .join('')
  return { result, notebook, byId, printed, events }
}

describe('a notebook run headless', { timeout: 300_000 }, () => {
  it('runs end to end, up to the cell that fails', async () => {
    const out = join(folder, 'out', 'executed.ipynb')
    const lines = Array.from({ length: 20_000 }, (_, at) => `${at}\n`).join('')
    const { result, notebook, byId, printed, events } = await run(
      [
        ["let method: 'average' | 'ties' = 'average'\nconst steps = 3", 'parameters'],
        'for (let i = 0; i < 20000; i++) console.log(i)',
        'const bar = display("0 %", { id: "bar" })\nconst { heavy } = await import("./preload-part.ts")',
        'bar.update("100 %")\nprocess.stdout.write(method + steps + process.env.SELMA_TEST)\nconst base = await T2I.load("shapes")\nbase',
        'setTimeout(() => console.log("late"), 20)\nvoid (async () => { throw new Error("nobody caught this") })()',
        ['await new Promise((r) => setTimeout(r, 60))\nthrow new Error("expected")', 'raises-exception'],
        'console.log("before")\nnull!.boom',
        'console.log("never")',
      ],
      {
        out,
        parameters: { steps: 7, method: 'ties' },
        cwd: fixtures,
        env: { SELMA_TEST: '!' },
        preload: join(fixtures, 'preload.ts'),
      },
    )
    expect(result).toMatchObject({
      status: 'error',
      path: out,
      failed: { id: 'c6', index: 8, number: 8, ename: 'TypeScriptError' },
      notRun: ['c7'],
    })
    expect(result.executed).toHaveLength(8)
    expect(notebook.metadata).toMatchObject({
      kernelspec: { name: 'selma', display_name: 'SELMA (TypeScript)', language: 'typescript' },
      language_info: { name: 'typescript', file_extension: '.ts' },
      papermill: {
        parameters: { steps: 7, method: 'ties' },
        exception: true,
        end_time: expect.stringMatching(/Z$/),
      },
    })
    expect(notebook.cells[2].source).toContain(`let method: 'average' | 'ties' = "ties"`)
    expect(printed('c1')).toBe(lines)
    expect(byId.get('c1')!.outputs).toHaveLength(1)
    expect(byId.get('c2')!.outputs).toEqual([
      { output_type: 'display_data', data: { 'text/plain': "'100 %'" }, metadata: {} },
    ])
    expect(printed('c3')).toBe('ties7!')
    expect(byId.get('c3')!.outputs.at(-1)).toMatchObject({ data: { 'text/plain': "T2I { name: 'shapes' }" } })
    expect(printed('c4')).toBe('late\n')
    expect(printed('c4', 'stderr')).toMatch(
      /^unhandled rejection:\nError: nobody caught this\n[\s\S]*cell \[6\], line 2/,
    )
    expect(byId.get('c5')!.outputs).toMatchObject([{ output_type: 'error', evalue: 'expected' }])
    expect(byId.get('c6')!.outputs).toMatchObject([{ output_type: 'error' }])
    expect(byId.get('c6')!.metadata).toMatchObject({
      papermill: { exception: true, status: 'failed' },
      execution: { 'iopub.execute_input': expect.stringMatching(/^\d{4}-.*Z$/) },
    })
    expect(byId.get('c7')!).toMatchObject({ outputs: [], execution_count: null })
    expect(byId.get('c1')!.execution_count).toBe(3)
    expect(events.filter(({ type }) => type === 'cell-end')).toHaveLength(8)
    expect(await readdir(join(folder, 'out'))).toEqual(['executed.ipynb'])
    expect(JSON.parse(await readFile(out, 'utf8')).cells[2].source).toHaveLength(3)
  })

  it.each<[string, string, RegExp]>([
    ['exits', 'console.log("last words")\nprocess.exit(3)', /exit code 3/],
    ['dies', 'console.log("last words")\nprocess.kill(process.pid, "SIGKILL")\nwhile (true) {}', /SIGKILL/],
  ])('survives a cell whose process %s', async (_how, code, message) => {
    const { result, byId, printed } = await run([code, '1'])
    expect(result).toMatchObject({
      status: 'error',
      failed: { id: 'c0', ename: 'ProcessEnded' },
      notRun: ['c1'],
    })
    expect(result.failed!.evalue).toMatch(message)
    expect(printed('c0')).toBe('last words\n')
    expect(byId.get('c0')!.outputs.at(-1)).toMatchObject({ output_type: 'error', ename: 'ProcessEnded' })
  })

  it('ends a cell that runs too long, even one that never yields', async () => {
    const { result, printed } = await run(['console.log("started")\nwhile (true) {}', '1'], { timeoutS: 10 })
    expect(result).toMatchObject({
      failed: { ename: 'CellTimeout', evalue: 'the cell ran longer than 10 s' },
      notRun: ['c1'],
    })
    expect(printed('c0')).toBe('started\n')
  })

  it('is interrupted from outside; runs in place and only the chosen cells', async () => {
    const stop = new AbortController()
    const { result, byId, notebook } = await run(
      ['throw new Error("not chosen")', 'await new Promise(() => {})', '1'],
      {
        cells: ['c1', 3],
        signal: stop.signal,
        onProgress: ({ type }) => type === 'cell-start' && stop.abort(),
      },
    )
    expect(result).toMatchObject({ executed: ['c1'], notRun: ['c2'], failed: { ename: 'Interrupted' } })
    expect(byId.get('c0')!.outputs).toEqual([])
    expect(notebook.metadata.kernelspec).toMatchObject({ name: 'selma' })
  })

  it('refuses what it cannot run, before it starts', async () => {
    await expect(run(['1'], { cells: ['nope'] })).rejects.toThrow(/no code cell "nope"/)
    await expect(runNotebook(join(folder, 'absent.ipynb'))).rejects.toThrow(/cannot read/)
    const python = join(folder, 'python.ipynb')
    const metadata = { kernelspec: { name: 'python3', display_name: 'Python 3', language: 'python' } }
    await writeFile(python, JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata, cells: [] }))
    await expect(runNotebook(python)).rejects.toThrow(/kernel python3 \(python\)/)
  })
})
