// biome-ignore-all lint/suspicious/noTemplateCurlyInString: cells are source text
import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type TestSession, testSession } from './fixtures/session.ts'

let session: TestSession

/** Cells, and the text of the last one's result. */
const cases: [name: string, cells: string[], result: string | undefined][] = [
  ['await', ['const p = Promise.resolve(3)\nawait p'], '3'],
  ['await (expr)', ['await (Promise.resolve(4))'], '4'],
  ['await in a template', ['`${await Promise.resolve(5)}`'], "'5'"],
  [
    'await in a destructuring',
    ['const { a, b: [c] } = await Promise.resolve({ a: 1, b: [2] })', 'a + c'],
    '3',
  ],
  [
    'for await',
    ['let s = 0\nfor await (const v of (async function* () { yield 1; yield 2 })()) s += v', 's'],
    '3',
  ],
  ['for await over a top-level name', ['let v = 0', 'for await (v of [Promise.resolve(8)]) {}\nv'], '8'],
  [
    'await in a loop and a condition',
    ['if (await Promise.resolve(true)) { for (const x of [1]) await x }', '1'],
    '1',
  ],
  ['redeclaration with another type', ['const x = 1', 'const x = "a"', 'x.toUpperCase()'], "'A'"],
  [
    'redeclaration by function and class',
    ['const f = 1', 'function f() { return 2 }', 'class f { v = 3 }', 'new f().v'],
    '3',
  ],
  [
    'variables shared with closures',
    ['let n = 1\nfunction inc() { n++ }', 'inc(); n += 10; inc()', 'n'],
    '13',
  ],
  [
    'a redefined function is what callers get',
    ['const g = () => 1\nfunction h() { return g() }', 'const g = () => 2', 'h()'],
    '2',
  ],
  [
    'swap of earlier variables',
    ['let a = 1, b = 2', '[a, b] = [b, a]; ({ a } = { a: a + 10 })', '[a, b]'],
    '[ 12, 1 ]',
  ],
  [
    'shorthand with a default',
    ['let q: number | undefined', '({ q = 7 } = {} as { q?: number })', '({ q })'],
    '{ q: 7 }',
  ],
  [
    'shadowing',
    ['const v = 1', '((v: number) => v + 1)(5) + [10].map((x) => { const v = x; return v })[0] + v'],
    '17',
  ],
  ['export', ['export const e = 7\nexport function twice() { return e * 2 }', 'twice()'], '14'],
  [
    'export list, default, type',
    ['const i = 1\nexport { i as j }\nexport type T = number\nexport default i', 'j'],
    '1',
  ],
  ['names starting with __', ['const __n = 5, ___m = 6', '__n + ___m'], '11'],
  ['ESM-only package', ["import { join } from 'pathe'", "join('a', 'b')"], "'a/b'"],
  [
    'package exports subpath',
    [
      "import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'",
      'typeof xoroshiro128plus(1).next()',
    ],
    "'number'",
  ],
  [
    'CommonJS package, default import',
    ["import Papa from 'papaparse'", "Papa.parse('a,b').data"],
    "[ [ 'a', 'b' ] ]",
  ],
  [
    'node module, used a cell later',
    ["import * as path from 'node:path'\nimport { sep as s } from 'node:path'", 'path.sep === s'],
    'true',
  ],
  ['dynamic import', ["const m = await import('node:os')", 'typeof m.cpus'], "'function'"],
  ['import =', ["import os = require('node:os')", 'typeof os.cpus'], "'function'"],
  ['require', ["const r = require('node:path')", 'typeof r.join'], "'function'"],
  ['JSON import', ["import data from './data.json'", 'data.answer + data.names.length'], '44'],
  [
    'JSON import with an attribute',
    ["import data from './data.json' with { type: 'json' }", 'data.answer'],
    '42',
  ],
  ['.ts import', ["import size, { twice } from './helper.ts'", 'twice(size)'], '128'],
  ['.ts import without extension', ["import { twice } from './helper'", 'twice(3)'], '6'],
  ['re-export from', ["export { twice as double } from './helper.ts'", 'double(4)'], '8'],
  [
    'types only',
    [
      "import type { Skill } from './preload-part.ts'\ninterface Named { name: string }",
      "const k: Named & Partial<Skill> = { name: 'z' }",
      'k.name',
    ],
    "'z'",
  ],
  [
    'enum, const enum, namespace',
    ['enum E { A = 2 }\nconst enum C { B = 3 }\nnamespace N { export const y = E.A }', 'E.A + C.B + N.y'],
    '7',
  ],
  [
    'class, static self reference, extends',
    ['class A { static made = new A(); who() { return "A" } }', 'class B extends A {}', 'new B().who()'],
    "'A'",
  ],
  ['recursion', ['function fac(n: number): number { return n < 2 ? 1 : n * fac(n - 1) }', 'fac(5)'], '120'],
  [
    'generic call, optional call, tagged template',
    [
      'const tag = <T,>(s: TemplateStringsArray, ...v: T[]) => s.join("|") + v.length\nconst no = undefined as (() => 1) | undefined',
      'tag<number>`a${1}b` + no?.()',
    ],
    "'a|b1undefined'",
  ],
  [
    'using',
    ['const log: string[] = []', '{ using r = { [Symbol.dispose]() { log.push("d") } } }', 'log'],
    "[ 'd' ]",
  ],
  [
    'using at the top ends with the cell',
    ['const log: string[] = []', 'using r = { [Symbol.dispose]() { log.push("d") } }', 'log'],
    "[ 'd' ]",
  ],
  [
    'decorator',
    [
      'const seen: string[] = []\nconst dec = (t: unknown, c: ClassDecoratorContext) => { seen.push(String(c.name)) }',
      '@dec class D {}',
      'seen',
    ],
    "[ 'D' ]",
  ],
  [
    'TypeScript newer than 5.0',
    [
      'const z: number[] = [1, null].filter((x) => x !== null)\nfunction first<T>(a: T[], b: NoInfer<T>) { return a[0] ?? b }',
      'first(z, 2)',
    ],
    '1',
  ],
  ['function names', ['const named = () => 1', 'named.name'], "'named'"],
  ['import.meta', ['import.meta.url.startsWith("file:")'], 'true'],
  ['null is shown', ['null'], 'null'],
  ['undefined is not', ['undefined'], undefined],
  ['a declaration is not', ['const quiet = 1'], undefined],
  ['a comment after the value', ['1 + 1 // two'], '2'],
  ['an empty cell', ['// nothing'], undefined],
  ['a cell that is an object literal in parentheses', ['({ a: 1 })'], '{ a: 1 }'],
  ['strict mode', ['(function (this: unknown) { return this })()'], undefined],
]

describe('the language of cells', () => {
  // One session for all cases, as in a long notebook: each declares its names anew.
  beforeAll(() => {
    session = testSession()
  })
  afterAll(() => session.close())

  it.each(cases)('%s', async (_name, cells, result) => {
    expect(await session.run(...cells)).toBe(result)
  })

  describe('in a folder of its own', () => {
    let cwd: string
    let elsewhere: TestSession
    beforeEach(async () => {
      cwd = await mkdtemp(join(tmpdir(), 'selma-cells-'))
      elsewhere = testSession({ cwd })
    })
    afterEach(async () => {
      elsewhere.close()
      await rm(cwd, { recursive: true })
    })

    it('loads a changed file anew', async () => {
      await writeFile(join(cwd, 'mine.ts'), 'export const v: number = 1\n')
      const code = "import { v } from './mine.ts'\nv"
      expect(await elsewhere.run(code)).toBe('1')
      await writeFile(join(cwd, 'mine.ts'), 'export const v: string = "two"\n')
      await utimes(join(cwd, 'mine.ts'), new Date(), new Date(Date.now() + 5000))
      expect(await elsewhere.run(code)).toBe("'two'")
    })

    it('finds a package that was installed after a cell had missed it', async () => {
      const code = "import { v } from 'late-package'\nv"
      expect(await elsewhere.run(code)).toContain("Cannot find module 'late-package'")
      const at = join(cwd, 'node_modules', 'late-package')
      await mkdir(at, { recursive: true })
      await writeFile(
        join(at, 'package.json'),
        '{"name":"late-package","type":"module","exports":"./index.js"}',
      )
      await writeFile(join(at, 'index.js'), 'export const v = 3\n')
      expect(await elsewhere.run(code)).toBe('3')
    })
  })
})

describe('diagnostics', () => {
  beforeAll(() => {
    session = testSession()
  })
  afterAll(() => session.close())

  it.each<[string, string[], string]>([
    [
      'a type error',
      ['const k = 1\nconst bad: string = k'],
      "TypeScriptError: line 2, column 7: Type 'number' is not assignable to type 'string'.",
    ],
    ['a syntax error', ['const a = 1\nlet = = 2'], 'SyntaxError: line 2, column 7: Expression expected.'],
    ['something missing at the end', ['function f() {'], "SyntaxError: line 1, column 15: '}' expected."],
    ['an unknown name', ['\n  nope()'], "TypeScriptError: line 2, column 3: Cannot find name 'nope'."],
    [
      'a missing module',
      ["import x from 'no-such-package'"],
      "TypeScriptError: line 1, column 15: Cannot find module 'no-such-package'",
    ],
    [
      'the type of an earlier variable',
      ['let n = 1', 'n = "a"'],
      "TypeScriptError: line 1, column 1: Type 'string' is not assignable to type 'number'.",
    ],
    [
      'an earlier constant',
      ['const n: number = 1', 'n = 2'],
      "TypeScriptError: line 1, column 1: Cannot assign to 'n'",
    ],
    ['a return', ['return 1'], 'TypeScriptError: line 1, column 1'],
  ])('%s', async (_name, cells, message) => {
    expect(await session.run(...cells)).toContain(message)
    expect(session.last?.status).toBe('error')
  })

  it('runs nothing of a cell that does not compile, and remembers nothing', async () => {
    await session.run('console.log("ran"); const fresh: string = 1')
    expect(session.text()).toBe('')
    expect(await session.run('fresh')).toContain("Cannot find name 'fresh'")
  })

  it('shows the line with a caret', async () => {
    await session.run('const a = 1\nconst b: string = a')
    expect(session.last?.error?.traceback).toEqual([
      expect.stringMatching(
        /^cell \[\d+\], line 2, column 7: Type 'number' is not assignable to type 'string'\. \(TS2322\)$/,
      ),
      '> 2 | const b: string = a',
      '    |       ^',
    ])
  })
})

describe('completion, inspection, completeness', () => {
  beforeAll(() => {
    session = testSession()
  })
  afterAll(() => session.close())

  it('completes members of earlier variables, names in reach and globals', async () => {
    await session.run('const shapes = { circle: 1, cube: 2 }')
    const member = session.complete('shapes.c', 8)
    expect(member).toMatchObject({ matches: ['circle', 'cube'], start: 7, end: 8 })
    expect(session.complete('sha', 3).matches).toContain('shapes')
    expect(session.complete('disp', 4).matches).toContain('display')
  })

  it('inspects', async () => {
    await session.run('/** Adds. */\nfunction add(a: number, b: number) { return a + b }')
    expect(session.inspect('add(1, 2)', 1)?.['text/plain']).toMatch(
      /add\(a: number, b: number\): number[\s\S]*Adds\./,
    )
    expect(session.inspect('   ', 1)).toBeUndefined()
  })

  it.each([
    ['x + 1', 'complete'],
    ['for (const x of [1]) {', 'incomplete'],
    ['`abc', 'incomplete'],
    ['let x =', 'incomplete'],
    ['/* abc', 'incomplete'],
    ['foo(', 'incomplete'],
    ['let = = 2\n1', 'invalid'],
  ])('%j is %s', (code, status) => {
    expect(session.isComplete(code).status).toBe(status)
  })
})
