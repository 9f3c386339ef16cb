// Every form that TypeScript and modules have, at the top of cells. The common ones are in language.test.ts.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: cells are source text
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isComplete } from '../../kernel/language/assist.ts'
import { type TestSession, testSession } from './fixtures/session.ts'

let session: TestSession
beforeAll(() => {
  session = testSession()
})
afterAll(() => session.close())

const cases: [name: string, cells: string[], result: string | undefined][] = [
  // await
  [
    'await in computed keys',
    [
      "class K { [await Promise.resolve('k' as const)]() { return 1 } static ['s'] = 2 }",
      '(new K() as any).k() + K.s',
    ],
    '3',
  ],
  [
    'await in a default',
    ['const { a = await Promise.resolve(4), ...rest } = { b: 2 } as { a?: number; b: number }', '[a, rest]'],
    '[ 4, { b: 2 } ]',
  ],
  ['await in a nested template', ['`a ${`b ${await Promise.resolve(1)}`}`'], "'a b 1'"],
  [
    'await using',
    [
      'const ends: string[] = []',
      "await using r = { async [Symbol.asyncDispose]() { ends.push('d') } }\nconst inside = ends.length",
      '[ends, inside]',
    ],
    "[ [ 'd' ], 0 ]",
  ],
  ['await in a conditional', ["(await Promise.resolve(true)) ? await Promise.resolve('y') : 'n'"], "'y'"],
  [
    'await in labelled loops',
    [
      'let hits = 0\nouter: for (let i = 0; i < 3; i++) { for (;;) { await null; hits++; continue outer } }',
      'hits',
    ],
    '3',
  ],
  ['await in while', ['let w = 0\nwhile (await Promise.resolve(w < 3)) w++\nw'], '3'],
  [
    'await in switch',
    ["let sw = ''\nswitch (await Promise.resolve(2)) { case await Promise.resolve(2): sw = 'two' }", 'sw'],
    "'two'",
  ],
  [
    'await in try',
    [
      "let caught = ''\ntry { await Promise.reject(new Error('x')) } catch (e) { caught = e.message }",
      'caught',
    ],
    "'x'",
  ],
  [
    'for await with a pattern',
    ['const acc: number[] = []\nfor await (const { v } of [Promise.resolve({ v: 1 })]) acc.push(v)', 'acc'],
    '[ 1 ]',
  ],
  // var belongs to the cell, wherever it stands
  ['var in a for', ['for (var vi = 0; vi < 3; vi++) {}', 'vi'], '3'],
  ['var in a for of', ['for (var [fv] of [[1], [2]]) {}', 'fv'], '2'],
  ['var in a for in', ['for (var key in { zz: 1 }) {}', 'key'], "'zz'"],
  ['var in a block', ['if (true) { var inBlock = 5, { deep } = { deep: 6 } }', 'inBlock + deep'], '11'],
  ['var in a function is not the cell’s', ['function own() { var hidden = 1; return hidden }', 'own()'], '1'],
  ['let in a loop is not either', ['let i = 100\nfor (let i = 0; i < 2; i++) {}\ni'], '100'],
  // export
  ['export default of a value', ['export default 5'], '5'],
  ['export default function', ['export default function df() { return 3 }', 'df()'], '3'],
  [
    'export default of nameless things',
    ['export default function () {}', 'export default class {}', '1'],
    '1',
  ],
  ['export of a pattern', ['export const { ea, eb: [ec] } = { ea: 1, eb: [2] }', 'ea + ec'], '3'],
  ['export let', ['export let el = 1', 'el = 2', 'el'], '2'],
  [
    'export of types and the like',
    [
      'export enum EE { A = 4 }\nexport namespace NN { export const x = 1 }\nexport type TT = number\nexport interface II { a: TT }\nexport abstract class AC {}\nexport declare const dc: number',
      'const t: TT & II["a"] = EE.A + NN.x\nt',
    ],
    '5',
  ],
  ['export *', ["export * from './helper.ts'\n1"], '1'],
  ['export * as', ["export * as helpers from './helper.ts'", 'helpers.twice(5)'], '10'],
  ['export {}', ['export {}\n1'], '1'],
  ['export type {}', ['type Q1 = 1\nexport type { Q1 }', 'const qq: Q1 = 1\nqq'], '1'],
  ['export import', ["export import os2 = require('node:os')", 'typeof os2.cpus'], "'function'"],
  ['export { default as }', ["export { default as size2 } from './helper.ts'", 'size2'], '64'],
  // redeclaration
  ['enum', ['enum RE { A }', 'enum RE { B = 7 }', 'RE.B'], '7'],
  [
    'interface',
    ['interface RI { a: number }', 'interface RI { b: string }', "const ri: RI = { b: 'x' }\nri.b"],
    "'x'",
  ],
  ['type', ['type RT = number', 'type RT = string', "const rt: RT = 'x'\nrt"], "'x'"],
  ['namespace', ['namespace RN { export const a = 1 }', 'namespace RN { export const b = 2 }', 'RN.b'], '2'],
  ['import, then const', ["import { twice } from './helper.ts'", 'const twice = 3', 'twice'], '3'],
  ['const, then import', ['const twice = 3', "import { twice } from './helper.ts'", 'twice(4)'], '8'],
  // declarations that merge
  ['class and interface', ['class CM { a = 1 }\ninterface CM { b?: number }', 'new CM().b'], undefined],
  [
    'function and namespace',
    ['function fm() { return 1 }\nnamespace fm { export const k = 2 }', 'fm() + fm.k'],
    '3',
  ],
  [
    'value and type',
    ['const both = 1\ntype both = string', "const b2: both = 'x';\n[both, b2]"],
    "[ 1, 'x' ]",
  ],
  // imports
  [
    'import type *',
    ["import type * as P from './preload-part.ts'", "const s: P.Skill = { name: 'a', teaches: '' }\ns.name"],
    "'a'",
  ],
  [
    'import() as a type',
    ["const p: import('./preload-part.ts').Skill = { name: 'n', teaches: '' }\np.name"],
    "'n'",
  ],
  ['import for its effect', ["import './helper.ts'\n1"], '1'],
  ['default and namespace', ["import size, * as hp from './helper.ts'", 'size === hp.default'], 'true'],
  ['use before the import', ["twice2(1)\nimport { twice as twice2 } from './helper.ts'"], undefined],
  ['dynamic JSON', ["(await import('./data.json', { with: { type: 'json' } })).default.answer"], '42'],
  ['require of JSON', ["require('./data.json').answer"], '42'],
  ['ESM-only package, dynamically', ["(await import('pathe')).join('a', 'b')"], "'a/b'"],
  // classes and functions
  [
    'all decorators',
    [
      "const plus: any = (v: any, c: any) => (c.kind === 'field' ? (x: number) => x + 1 : undefined)",
      'class Dd { @plus f = 1; @plus m() {} @plus static s = 1; @plus accessor a = 1; @plus get g() { return 1 } }\nnew Dd().f + new Dd().a',
    ],
    '3',
  ],
  ['exported, decorated class', ['@((v, c) => v) export class Ed {}', 'typeof Ed'], "'function'"],
  [
    'private names',
    ['class Pr { #x = 1; static has(o: object) { return #x in o } }', 'Pr.has(new Pr())'],
    'true',
  ],
  ['static block', ['class S { static x = 0; static { S.x = 3 } }', 'S.x'], '3'],
  [
    'overloads',
    [
      'function ov(a: number): number\nfunction ov(a: string): string\nfunction ov(a: any) { return a }',
      "ov('q')",
    ],
    "'q'",
  ],
  ['a function before its declaration', ['const r8 = later()\nfunction later() { return 8 }\nr8'], '8'],
  [
    'assignments of all kinds',
    ['let cnt = 0', 'cnt++; ++cnt; cnt += 2; cnt **= 2; cnt ||= 2; cnt &&= 17', 'cnt'],
    '17',
  ],
  [
    'pattern assignment with defaults',
    ['let da: any, db: any', '[da = 1, [db]] = [undefined, [2]] as any;\n[da, db]'],
    '[ 1, 2 ]',
  ],
  // text
  ['a shebang', ['#!/usr/bin/env node\n1'], '1'],
  ['a byte order mark', ['\uFEFF1 + 1'], '2'],
  ['CRLF', ['const cr = 1\r\ncr + 1'], '2'],
  ['names in other scripts', ['const größe = 5, 名 = 2', 'größe + 名'], '7'],
  ['a reserved-looking name', ['const process = 5', 'process'], '5'],
  [
    'declare global',
    ['declare global { interface Extra { a: number } }\nconst w: Extra = { a: 1 }', 'w.a'],
    '1',
  ],
]

describe('forms', () => {
  it.each(cases)('%s', async (_name, cells, result) => {
    expect(await session.run(...cells)).toBe(result)
  })

  it('runs a cell of 3,000 lines, and names the place of an error in it', async () => {
    const lines = Array.from(
      { length: 3000 },
      (_, at) => `const long${at} = ${at ? `long${at - 1} + 1` : '0'}`,
    )
    expect(await session.run([...lines, 'long2999'].join('\n'))).toBe('2999')
    lines[2500] += '; const wrong: string = long2499'
    expect(await session.run(lines.join('\n'))).toMatch(
      /^TypeScriptError: line 2501, column \d+: Type 'number'/,
    )
  })

  it.each([
    [
      'const el = <div className="x">{1}</div>',
      'SyntaxError: line 1, column 12: JSX does not run in cells: use html`…`',
    ],
    ['1\nconst el = <>a</>', 'SyntaxError: line 2, column 12: JSX does not run'],
    ['const a = <number>1; const b = a <\n', 'SyntaxError: line 2, column 1: Expression expected.'],
    ['\n\nconst x: number = `${1}`', 'TypeScriptError: line 3, column 7: '],
    ['\u0031\u0000', 'SyntaxError: line 1, column 2: Invalid character.'],
    ['export = 5', 'TypeScriptError: line 1, column 1: Export assignment cannot be used'],
  ])('%j is refused with its place', async (code, message) => {
    expect(await session.run(code)).toContain(message)
  })
})

describe('Enter', () => {
  it.each([
    ['', 'complete', ''],
    ['// c', 'complete', ''],
    ['function f() {\n  return 1\n}', 'complete', ''],
    ['@dec class A {}', 'complete', ''],
    ['await x', 'complete', ''],
    ['!ls', 'complete', ''],
    ['%npm install x\n1', 'complete', ''],
    ['%%html\n<b>\n', 'complete', ''],
    ['let x =', 'incomplete', ''],
    ['`a ${', 'incomplete', '  '],
    ['`abc\n${x', 'incomplete', ''],
    ['/* abc', 'incomplete', ''],
    ['if (x) {', 'incomplete', '  '],
    ['if (x) {\n  if (y) {\n', 'incomplete', '    '],
    ['if (x)', 'incomplete', ''],
    ['foo(1,', 'incomplete', ''],
    ['const x = {\n  a: [', 'incomplete', '    '],
    ['@dec', 'incomplete', ''],
    ['try {}', 'incomplete', ''],
    ['class A {', 'incomplete', '  '],
    ['a =>', 'incomplete', ''],
    ['await', 'incomplete', ''],
    ['import { a } from', 'incomplete', ''],
    ['!ls \\', 'incomplete', ''],
    ['%%writefile x', 'incomplete', ''],
    ['let = = 2\nfoo(', 'invalid', ''],
    ["'abc", 'invalid', ''],
    ['1 2', 'invalid', ''],
    ['}', 'invalid', ''],
    ['let x = )', 'invalid', ''],
    ['<div>hi</div>', 'invalid', ''],
  ])('%j is %s', (code, status, indent) => {
    expect(isComplete(code)).toEqual({ status, indent })
  })
})
