import { describe, expect, it } from 'vitest'
import {
  codeCell,
  type Notebook,
  type NotebookOutput,
  parseNotebook,
  serializeNotebook,
} from '../../kernel/notebook.ts'
import { MAX_STREAM, OutputArea } from '../../kernel/output-area.ts'
import { declaredParameters, injectParameters, parameterFromText } from '../../kernel/parameters.ts'

const file = {
  nbformat: 4,
  nbformat_minor: 4,
  metadata: { custom: { kept: true } },
  cells: [
    {
      cell_type: 'markdown',
      metadata: {},
      source: ['# Title\n', 'text'],
      attachments: { 'a.png': { 'image/png': 'AA==' } },
    },
    {
      cell_type: 'code',
      metadata: { tags: ['x'] },
      execution_count: 3,
      source: 'a\nb',
      outputs: [
        { output_type: 'stream', name: 'stdout', text: ['one\n', 'two'] },
        {
          output_type: 'execute_result',
          execution_count: 3,
          metadata: {},
          data: { 'text/plain': ['p\n', 'q'], 'image/png': 'AA==\n', 'application/json': { a: ['x', 'y'] } },
        },
        { output_type: 'error', ename: 'E', evalue: 'v', traceback: ['t'] },
      ],
    },
  ],
}

describe('the notebook file', () => {
  it('is upgraded to 4.5 and keeps what it does not know', () => {
    const notebook = parseNotebook(file)
    expect(notebook.nbformat_minor).toBe(5)
    expect(new Set(notebook.cells.map(({ id }) => id)).size).toBe(2)
    expect(notebook.metadata).toEqual({ custom: { kept: true } })
    expect(notebook.cells[0]).toMatchObject({ source: '# Title\ntext', attachments: { 'a.png': {} } })
    expect(notebook.cells[1]).toMatchObject({
      outputs: [{ text: 'one\ntwo' }, { data: { 'text/plain': 'p\nq' } }, {}],
    })
  })

  it('is written as Jupyter writes it', () => {
    const text = serializeNotebook(parseNotebook(file))
    expect(text.startsWith('{\n "cells": [\n  {\n   "attachments"')).toBe(true)
    expect(text.endsWith('}\n')).toBe(true)
    const again = JSON.parse(text)
    expect(again.cells[1].source).toEqual(['a\n', 'b'])
    expect(again.cells[1].outputs[0].text).toEqual(['one\n', 'two'])
    expect(again.cells[1].outputs[1].data).toEqual(file.cells[1].outputs![1].data)
    expect(serializeNotebook(parseNotebook(again))).toBe(text)
  })

  it.each<[unknown, RegExp]>([
    [{ nbformat: 3 }, /nbformat 3/],
    [
      { nbformat: 4, nbformat_minor: 5, metadata: {}, cells: [{ cell_type: 'code', source: 5 }] },
      /cells\.0\.source/,
    ],
    [null, /is not a notebook/],
  ])('says what is wrong with %j', (value, message) => {
    expect(() => parseNotebook(value, 'a.ipynb')).toThrow(message)
  })
})

describe('the output area', () => {
  const area = () => {
    const outputs: NotebookOutput[] = []
    return { outputs, area: new OutputArea(outputs, new Map()) }
  }
  const stream = (text: string, name: 'stdout' | 'stderr' = 'stdout') => ({
    output_type: 'stream' as const,
    name,
    text,
  })

  it('runs streams of one name together', () => {
    const { outputs, area: it } = area()
    for (const one of [stream('a'), stream('b'), stream('c', 'stderr'), stream('d')]) it.apply(one)
    expect(outputs.map((one) => one.text)).toEqual(['ab', 'c', 'd'])
  })

  it('updates displays in every cell that shows them', () => {
    const displays = new Map()
    const lists: NotebookOutput[][] = [[], []]
    const areas = lists.map((list) => new OutputArea(list, displays))
    const show = (kind: 'display_data' | 'update_display_data', text: string) => ({
      output_type: kind,
      data: { 'text/plain': text },
      metadata: {},
      transient: { display_id: 'd' },
    })
    for (const one of areas) one.apply(show('display_data', 'old'))
    areas[1].apply(show('update_display_data', 'new'))
    expect(lists).toEqual(
      [0, 1].map(() => [{ output_type: 'display_data', data: { 'text/plain': 'new' }, metadata: {} }]),
    )
  })

  it('clears now, or when the next output comes', () => {
    const { outputs, area: it } = area()
    it.apply(stream('a'))
    it.apply({ output_type: 'clear_output', wait: true })
    expect(outputs).toHaveLength(1)
    it.apply(stream('b'))
    expect(outputs.map((one) => one.text)).toEqual(['b'])
    it.apply({ output_type: 'clear_output', wait: false })
    expect(outputs).toEqual([])
  })

  it('keeps a bounded amount of printed text and says so', () => {
    const { outputs, area: it } = area()
    for (let at = 0; at < 12; at++) it.apply(stream('x'.repeat(1_000_000)))
    expect(outputs).toHaveLength(1)
    const text = outputs[0].text as string
    expect(text.length).toBeLessThan(MAX_STREAM + 200)
    expect(text).toMatch(/more than 10,000,000 characters were printed; the rest is left out\n$/)
  })
})

describe('parameters', () => {
  const notebook = (): Notebook => ({
    nbformat: 4,
    nbformat_minor: 5,
    metadata: {},
    cells: [
      codeCell('import x'),
      codeCell(
        [
          "let method: 'average' | 'ties' = 'ties'",
          'const steps = 10, seeds: number[] = []',
          'const note = `plain`, fast: boolean = false, options = { a: [] as number[] }',
          'let rank: number | null = null, free, level = -1 as 0 | -1',
        ].join('\n'),
        ['parameters'],
      ),
      codeCell('rest'),
    ],
  })

  it('go into a cell after the tagged one, with their types', () => {
    const { cells } = injectParameters(notebook(), { method: 'average', seeds: [0, 1], steps: Number.NaN })
    expect(cells).toHaveLength(4)
    expect(cells[2].metadata.tags).toEqual(['injected-parameters'])
    expect(cells[2].source).toBe(
      `// Parameters\nlet method: 'average' | 'ties' = "average"\nlet seeds: number[] = [0,1]\nlet steps = NaN`,
    )
  })

  it('replace those of an earlier run', () => {
    const { cells } = injectParameters(injectParameters(notebook(), { steps: 1 }), { steps: 2 })
    expect(cells.map(({ source }) => source)).toEqual([
      expect.anything(),
      expect.anything(),
      '// Parameters\nlet steps = 2',
      'rest',
    ])
  })

  it('are written so that the compiler reads what was meant', () => {
    expect(injectParameters(notebook(), { note: 'quote " and \u2028' }).cells[2].source).toBe(
      '// Parameters\nlet note = "quote \\" and \\u2028"',
    )
  })

  it('need a tagged cell', () => {
    const bare = { ...notebook(), cells: [codeCell('rest')] }
    expect(declaredParameters(bare)).toBeUndefined()
    expect(() => injectParameters(bare, { a: 1 })).toThrow(/no cell is tagged "parameters"/)
    expect(injectParameters(bare, {}).cells).toHaveLength(1)
  })

  it.each<[string, string, unknown]>([
    ['steps', '1e3', 1000],
    ['steps', '-0.5', -0.5],
    ['note', '42', '42'],
    ['note', 'a = b, "c"', 'a = b, "c"'],
    ['method', 'average', 'average'],
    ['seeds', '[0,1]', [0, 1]],
    ['fast', 'true', true],
    ['options', '{"a":[1]}', { a: [1] }],
    ['rank', '16', 16],
    ['rank', 'null', null],
    ['free', '[1', '[1'],
    ['level', '-1', -1],
  ])('are read from texts by their type: %s=%s', (name, given, value) => {
    expect(parameterFromText(notebook(), name, given)).toEqual(value)
  })

  it.each<[string, string, RegExp, RegExp]>([
    ['steps', 'many', /steps cannot be "many"/, /a number/],
    ['steps', '', /steps cannot be ""/, /a number/],
    ['fast', 'yes', /fast \(boolean\) cannot be "yes"/, /true or false/],
    ['seeds', '3', /seeds \(number\[\]\) cannot be 3/, /a list/],
    ['options', '[]', /options cannot be \[\]/, /an object/],
    ['method', 'sum', /cannot be "sum"/, /one of "average", "ties"/],
    ['level', '2', /cannot be 2/, /one of 0, -1/],
    ['stepz', '1', /no parameter "stepz"/, /method, steps, seeds, /],
  ])('are refused with what would fit: %s=%s', (name, given, message, hint) => {
    const refusal = (() => {
      try {
        return parameterFromText(notebook(), name, given)
      } catch (error) {
        return error
      }
    })()
    expect(refusal).toMatchObject({
      message: expect.stringMatching(message),
      hint: expect.stringMatching(hint),
    })
  })

  it('must be declared, and be data', () => {
    expect(() => injectParameters(notebook(), { stepz: 1 })).toThrow(/no parameter "stepz"/)
    expect(() => injectParameters(notebook(), { steps: () => 1 })).toThrow(/steps is a function/)
    expect(() => injectParameters(notebook(), { 'a = 1; evil()': 1 })).toThrow(/no parameter/)
    expect(() => injectParameters(notebook(), { steps: 'ten' })).toThrow(/steps cannot be "ten"/)
  })
})
