// Completion and inspection in detail: what is offered, with how much text, and at what cost.
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { complete, inspectAt } from '../../kernel/language/assist.ts'
import { type Converter, createConverter } from '../../kernel/language/converter.ts'
import { quickCompletion } from '../../kernel/language/quick.ts'
import { fixtures } from './fixtures/session.ts'

let converter: Converter

/** `|` in the text marks the cursor. */
function at(marked: string): [code: string, position: number] {
  const position = marked.indexOf('|')
  return [marked.slice(0, position) + marked.slice(position + 1), position]
}
const offered = (marked: string) => complete(converter, ...at(marked))
const told = (marked: string, detail: 0 | 1 = 0) => inspectAt(converter, ...at(marked), detail)

beforeAll(() => {
  converter = createConverter({ cwd: fixtures, preload: join(fixtures, 'preload.ts') })
  converter.adopt('const shapes = { circle: 1, cube: { side: 2 } }\nlet count = 1')
  converter.adopt(
    `class Thing { static made = 1; private hidden = 1; protected half = 1; #own = 1; open = 1; run() {} }
     const thing = new Thing()
     let maybe: { deep: number } | undefined`,
  )
  converter.adopt(
    `/**
      * Draws it.
      *
      * @param what a prompt
      * @param mode how fast
      * @example draw('x')
      */
     function draw(what: string, mode: 'quick' | 'slow' = 'quick') { return what + mode }`,
  )
})
afterAll(() => converter.close())

describe('completion', () => {
  it.each([
    ['shapes.|', ['circle', 'cube']],
    ['shapes.cu|', ['cube']],
    ['shapes.cube.|', ['side']],
    ['1 + shapes.ci|rcle', ['circle']],
    ['thing.|', ['open', 'run']],
    ["draw('a', '|')", ['quick', 'slow']],
    ["draw('a', 'q|')", ['quick']],
    ["skill('a', { te| })", ['teaches']],
    ["skill('a', { te|", ['teaches']],
    ["import { skill } from './pre|'", ['preload-part', 'preload-star', 'preload']],
    ["import { skill } from './preload-p|'", ['preload-part']],
    ["import { he| } from './preload-part.ts'", ['heavy']],
    ["shapes['|']", ['circle', 'cube']],
    ['%wh|', ['who']],
    ['%%wr|', ['writefile']],
    ['1\n  %np|', ['npm']],
  ])('%s', (marked, matches) => {
    expect(offered(marked).matches.map((one) => one.replace(/\.ts$/, ''))).toEqual(matches)
  })

  it.each([
    ['sha|', 'shapes'],
    ['T2|', 'T2I'],
    ['T2I.lo|', 'load'],
    ['prompts.gen|', 'generate'],
    ["import * as x from 'node:f|'", 'node:fs'],
    ["import x from 'pap|'", 'papaparse'],
    ['awa|', 'await'],
    ['lat|', 'latex'],
    ['maybe?.de|', 'deep'],
    ['const inner = 1\nfor (const one of [1]) { inn|', 'inner'],
    ['for (const oneOfThem of [1]) { oneO|', 'oneOfThem'],
    ['const f = (argument: number) => argu|', 'argument'],
    ['const shapes = [1]; shapes.ma|', 'map'],
    ['x = { sha|', 'shapes'],
    ['!ls\nshapes.ci|', 'circle'],
    ['(await T2I.load("sdxl")).dr|', 'draw'],
  ])('%s has %s among others', (marked, name) => {
    expect(offered(marked).matches).toContain(name)
  })

  it.each(['"sha|', '// sha|', 'shapes.cube.side.nothing.|', '|', '`${|', '1.|'])(
    '%s does not fail',
    (marked) => {
      expect(() => offered(marked)).not.toThrow()
    },
  )

  it('puts what cells declared before the library, and that before JavaScript', () => {
    converter.adopt('const promptList = [1]')
    const { matches } = offered('prom|')
    expect(matches.slice(0, 2)).toEqual(['promptList', 'prompts'])
    expect(matches).toContain('Promise')
  })

  it('says which text is replaced, and what each match is', () => {
    expect(offered('draw(shapes.ci|)')).toEqual({
      matches: ['circle'],
      kinds: ['property'],
      start: 12,
      end: 14,
    })
    const { matches, kinds } = offered('cou|')
    expect(kinds[matches.indexOf('count')]).toBe('let')
    const drawing = offered('dra|')
    expect(drawing.kinds[drawing.matches.indexOf('draw')]).toBe('function')
  })

  it('never offers the names of the emitted code', () => {
    expect(offered('__selma|').matches).toEqual([])
  })

  it('offers the same members without a compile as with one', () => {
    for (const path of [
      'shapes',
      'shapes.cube',
      'shapes.cube.side',
      'thing',
      'Thing',
      'T2I',
      'prompts',
      'Math',
      'count',
      'draw',
      'console',
    ]) {
      const code = `${path}.`
      const quick = quickCompletion(converter, code, code.length, code.length)
      // The parentheses make it too much for the quick way.
      const slow = complete(converter, `(${path}).`, code.length + 2)
      expect(quick?.matches.toSorted(), path).toEqual(slow.matches.toSorted())
      expect(quickCompletion(converter, `(${path}).`, code.length + 2, code.length + 2)).toBeUndefined()
    }
  })

  it('costs a fraction of a compile once it is warm', () => {
    const cost = (marked: string) => {
      const before = process.cpuUsage()
      offered(marked)
      const { user, system } = process.cpuUsage(before)
      return user + system
    }
    const median = (list: number[]) => list.toSorted((a, b) => a - b)[list.length >> 1]
    const quick: number[] = []
    const compiled: number[] = []
    for (let round = 0; round < 9; round++) {
      for (const one of ['sha|', 'shapes.c|', 'T2I.l|']) quick.push(cost(one))
      compiled.push(cost(`(shapes${' '.repeat(round)}).c|`))
    }
    expect(median(quick)).toBeLessThan(median(compiled) / 2)
  })
})

describe('inspection', () => {
  it('tells type, documentation and parameters', () => {
    expect(told('dr|aw')).toMatch(/^function draw\(what: string, mode\?: "quick" \| "slow"\): string|^draw\(/)
    expect(told('dr|aw')).toContain('Draws it.\n\n@param what a prompt\n@param mode how fast')
    expect(told('dr|aw')).not.toContain('(alias)')
  })

  it('tells more with detail: every tag, and where it is declared', () => {
    expect(told('dr|aw')).not.toContain('@example')
    expect(told('dr|aw', 1)).toContain("@example draw('x')")
    expect(told('dr|aw', 1)).toContain('declared in an earlier cell')
    expect(told('cou|nt', 1)).toContain('declared in an earlier cell')
    expect(told('const mine = 1\nmi|ne', 1)).toContain('declared in this cell')
    expect(told('T2|I', 1)).toMatch(/declared in .*preload\.ts:\d+/)
  })

  it.each([
    ["draw('a', |)", 'in the call: draw(what: string, mode?: "quick" | "slow"): string'],
    ["draw('a', |", 'argument 2: mode?: "quick" | "slow" — how fast'],
    ['draw(|', 'Draws it.'],
    ['draw(cou|nt', 'in the call: draw('],
    ['new Map([|', 'in the call: Map('],
  ])('%s tells the call', (marked, text) => {
    expect(told(marked)).toContain(text)
  })

  it.each(['|', '   |', '"text|"', '// com|ment', '%who|', '{}|'])(
    '%s has nothing to tell, or does not fail',
    (marked) => {
      expect(() => told(marked)).not.toThrow()
    },
  )
})
