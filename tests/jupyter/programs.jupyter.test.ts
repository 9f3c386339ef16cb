import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { codeCell, kernelspec, type Notebook, readNotebook, writeNotebook } from '../../kernel/notebook.ts'
import { inPackage } from '../../lib/base/own-file.ts'
import { jupyterPython } from '../support/jupyter-environment.ts'
import { type Home, makeHome } from './lab/home.ts'
import { textOf } from './lab/notebook.ts'

const cells = {
  printed: "console.log('to stdout'); console.error('to stderr')",
  result: '6 * 7',
  markup:
    "display(html('<b>bold</b>'))\ndisplay(markdown('# title'))\ndisplay(svg('<svg/>'))\ndisplay(latex('$x$'))",
  json: 'json({ a: [1, 2] })',
  figure: "({ data: [{ type: 'scatter', y: [1, 3, 2] }], layout: {} })",
  table: "[{ model: 'base', score: 0.41 }]",
  updated: "const shown = display('before')\nshown.update('after')",
  cleared: "console.log('gone'); clearOutput(); console.log('stays')",
  widget: 'new widgets.IntSlider({ value: 3 })',
  asked: "await input('Who? ')",
  diagnosed: "const n: number = 'three'",
  thrown: "throw new RangeError('too many')",
  after: "'still runs'",
}

const outputsOf = ({ cells: all }: Notebook) =>
  Object.fromEntries(
    Object.keys(cells).map((name, i) => [name, all[i].cell_type === 'code' ? all[i].outputs : []]),
  )

describe.skipIf(!jupyterPython)('programs of Jupyter', () => {
  let home: Home
  const file = (name: string) => join(home.root, name)
  beforeAll(async () => {
    home = await makeHome()
  })
  afterAll(() => home?.remove())

  const write = (name: string, sources: string[], tags: string[][] = []) =>
    writeNotebook(file(name), {
      nbformat: 4,
      nbformat_minor: 5,
      metadata: { kernelspec },
      cells: sources.map((source, i) => codeCell(source, tags[i])),
    })

  it('nbconvert executes every kind of output, and goes on after errors when told to', async () => {
    await write('all.ipynb', Object.values(cells))
    const convert = ['nbconvert', '--to', 'notebook', '--execute', '--output', 'out.ipynb', 'all.ipynb']
    const { code, output } = await home.python('jupyter', ...convert, '--allow-errors')
    expect(code, output).toBe(0)
    const executed = await readNotebook(file('out.ipynb'))
    const found = outputsOf(executed)
    const types = (name: string) =>
      found[name].flatMap((one) => ('data' in one ? Object.keys(one.data as object) : one.output_type))
    expect(textOf(found.printed as never)).toBe('to stdout\n\nto stderr\n')
    expect(found.result).toMatchObject([{ output_type: 'execute_result', data: { 'text/plain': '42' } }])
    expect(types('markup')).toEqual(
      expect.arrayContaining(['text/html', 'text/markdown', 'image/svg+xml', 'text/latex']),
    )
    expect(types('json')).toContain('application/json')
    expect(types('figure')).toEqual(
      expect.arrayContaining(['application/vnd.plotly.v1+json', 'image/png', 'text/plain']),
    )
    expect(types('table')).toContain('text/html')
    expect(textOf(found.updated as never)).toBe("'after'")
    expect(textOf(found.cleared as never).trim()).toBe('stays')
    expect(types('widget')).toContain('application/vnd.jupyter.widget-view+json')
    expect(found.asked).toMatchObject([{ output_type: 'error', ename: 'StdinNotImplemented' }])
    expect(textOf(found.diagnosed as never)).toContain('TS2322')
    expect(found.thrown).toMatchObject([{ ename: 'RangeError', evalue: 'too many' }])
    expect(textOf(found.after as never)).toBe("'still runs'")
    // Drawn without a kernel: nbconvert has kept the widgets' state, too.
    const { state } = (executed.metadata.widgets as Record<string, { state: object }>)[
      'application/vnd.jupyter.widget-state+json'
    ]
    expect(JSON.stringify(state)).toContain('IntSliderModel')
    const page = await home.python('jupyter', 'nbconvert', '--to', 'html', 'out.ipynb')
    expect(page.code, page.output).toBe(0)
    expect(await readFile(file('out.html'), 'utf8')).toContain('<b>bold</b>')
    const script = await home.python('jupyter', 'nbconvert', '--to', 'script', 'out.ipynb')
    expect(script.code, script.output).toBe(0)
    expect(await readFile(file('out.ts'), 'utf8')).toContain('6 * 7')
  })

  it('nbclient stops at an error, names it, and leaves no kernel', async () => {
    await write('fails.ipynb', ['1', "throw new RangeError('too many')", "'never'"])
    const { code, output } = await home.python('jupyter', 'execute', '--inplace', 'fails.ipynb')
    expect(code).not.toBe(0)
    expect(output).toContain('RangeError')
    expect(output).toContain('too many')
  })

  it('papermill runs a notebook, and sets numbers and texts by the rules of another language', async () => {
    const tags = [['parameters']]
    await write('in.ipynb', ["const n = 1\nconst name = 'base'", '[n + 1, name]'], tags)
    const plain = await home.python('papermill', 'in.ipynb', 'plain.ipynb')
    expect(plain.code, plain.output).toBe(0)
    const last = async (name: string) =>
      textOf((await readNotebook(file(name))).cells.at(-1)!.outputs as never)
    expect(await last('plain.ipynb')).toBe("[ 2, 'base' ]")
    const set = ['--language', '.net-csharp', '-p', 'n', '41', '-p', 'name', 'the "merged" one']
    const injected = await home.python('papermill', ...set, 'in.ipynb', 'set.ipynb')
    expect(injected.code, injected.output).toBe(0)
    expect(await last('set.ipynb')).toBe(`[ 42, 'the "merged" one' ]`)
  })
  it('jupyter console evaluates, completes with Tab, shows errors and quits', async () => {
    const { code, output } = await home.run(inPackage('tests', 'jupyter', 'console', 'drive.py'), 'selma')
    expect(code, output).toBe(0)
  })
})
