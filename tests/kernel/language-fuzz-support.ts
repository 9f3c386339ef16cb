// Random damage to real cells, from a seed: what people type on the way to a cell, and worse.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: cells are source text
import vm from 'node:vm'
import { complete, inspectAt, isComplete } from '../../kernel/language/assist.ts'
import { type Converter, createConverter } from '../../kernel/language/converter.ts'
import { findMagics } from '../../kernel/magics/find.ts'
import { SelmaError } from '../../lib/base/errors.ts'
import { fixtures } from './fixtures/session.ts'

export const realCells = [
  'const base = await T2I.load("shapes")\nawait base.draw("three red squares", { seed: 1 })',
  'const { a, b: [c = 1], ...rest } = await Promise.resolve({ a: 1, b: [2], d: 3 })\na + c',
  'for await (const v of (async function* () { yield 1; yield 2 })()) console.log(v)',
  'outer: for (let i = 0; i < 3; i++) { for (;;) { if (i) continue outer; break } }',
  'export const e = 7, f = (x: number) => x * e\nexport default f(2)',
  'import { join } from "node:path"\nimport data from "./data.json" with { type: "json" }\njoin("a", String(data.answer))',
  'import type { Skill } from "./preload-part.ts"\nconst k = { name: "z", teaches: "" } satisfies Skill\nk.name',
  'enum E { A = 2, B = A << 1 }\nnamespace N { export const y = E.B }\nN.y',
  'abstract class A<T> { static made = 1; #p = 2; abstract f(): T; get p() { return this.#p } }\nclass B extends A<number> { f() { return super.p } }\nnew B().f()',
  'function over(a: string): string\nfunction over(a: number): number\nfunction over(a: any) { return a }\nover("x")',
  'const dec: any = (v: any, c: any) => v\n@dec class D { @dec m() {} @dec static s = 1 }\nD.s',
  '`a ${`b ${1 + 1} ${{ a: "}" }.a}`} \\` ${[1, 2].map((x) => `${x}`)}`',
  'const s = "!ls"\n// %npm install\n/* !x\n%who */\n!s && s',
  '%npm ls\nconst a = 1\n!echo "$HOME" | cat \\\n  -n\n%who\na',
  '%%time\nlet z = 0\nfor (var i = 0; i < 10; i++) z += i\nz',
  '%%html\n<b>x</b>\n<script>1</script>',
  '%time await new Promise((r) => setTimeout(r, 1))',
  'let x: number | undefined\nx ??= 3; x ||= 4; x &&= 5\n({ x, y: x?.toFixed(1), [`k${x}`]: x! })',
  'try { throw new Error("a", { cause: 1 }) } catch { /re[/]g/.test("x") } finally { }\nvoid 0',
  'using r = { [Symbol.dispose]() {} }\nawait using q = { async [Symbol.asyncDispose]() {} }\n1',
  'type Deep<T> = T extends (infer U)[] ? Deep<U> : T\nconst d: Deep<number[][]> = 1\nd as unknown as string',
  'switch (1 as number) { case 1: { let t = 1; t++ } default: break }',
  'do { var w = 1 } while (false)\nlabel: { break label }\nw',
  'const tag = <T,>(s: TemplateStringsArray, ...v: T[]) => s.raw.join("|")\ntag<number>`a${1}b`',
  'display(html`<i>${"<x>"}</i>`)\nconst h = display(1, { id: "p" })\nh.update(2)',
  'const größe = 5, 名 = "🎉", $ = 1, _ = 2\ngröße + 名 + $ + _',
  'declare global { interface Extra { a: number } }\nconst w: Extra = { a: 1 }\nw.a',
  'import os = require("node:os")\nconst m = await import("node:fs")\ntypeof os.cpus + typeof m.readFile + import.meta.url',
  `const big = [${Array.from({ length: 50 }, (_, at) => at).join(', ')}] as const\nbig[3]`,
  'async function* gen(): AsyncGenerator<number> { yield* [1, 2]; return }\nconst all = []\nfor await (const x of gen()) all.push(x)\nall',
  'if (true) { %time 1 }\nlet y = 3 % 2\ny\n  % 2',
]

const scraps =
  '{ } ( ) [ ] < > ` ${ " \' / \\ // /* */ ; , . ?. => = + % ! # @ await async yield of in export import class const let var function return %who !ls %%time \n \r\n \u2028 \0 1 0n x \uD800 😀'.split(
    / /,
  )

/** A sequence of numbers in [0, 1) that a seed decides (mulberry32). */
export function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** One real cell with one to four things done to it. */
export function mutant(next: () => number): string {
  const pick = <T>(list: readonly T[]) => list[Math.floor(next() * list.length)]
  let code = pick(realCells)
  for (let times = 1 + Math.floor(next() * 4); times > 0; times--) {
    const at = Math.floor(next() * (code.length + 1))
    const to = Math.min(code.length, at + Math.floor(next() * 12))
    const other = pick(realCells)
    const kind = Math.floor(next() * 6)
    if (kind === 0) code = code.slice(0, at) + code.slice(to)
    else if (kind === 1) code = code.slice(0, at) + pick(scraps) + code.slice(at)
    else if (kind === 2) code = code.slice(0, at) + code.slice(at, to) + code.slice(at)
    else if (kind === 3) code = code.slice(0, at)
    else if (kind === 4) code = code.slice(0, at) + other.slice(Math.floor(next() * other.length))
    else code = code.slice(0, at) + pick(scraps) + code.slice(to)
  }
  return code
}

export const fuzzConverter = (): Converter => createConverter({ cwd: fixtures })

const lineEnds = (text: string) => text.replace(/[^\r\n]/g, '')

/** What must hold of any text, checked on syntax alone; says what does not. */
export function syntaxFault(code: string): string | undefined {
  const found = findMagics(code)
  if (found.code.length !== code.length) return 'the magics changed the length'
  if (lineEnds(found.code) !== lineEnds(code)) return 'the magics changed the lines'
  const { status } = isComplete(code)
  return ['complete', 'incomplete', 'invalid'].includes(status) ? undefined : `isComplete says ${status}`
}

/**
 * What must hold of any text when it is a cell: it is converted to JavaScript that parses, or refused with a
 * place inside it; what could be typed in it can be asked for. Commits what was converted.
 */
export function cellFault(converter: Converter, code: string, position: number): string | undefined {
  complete(converter, code, position)
  inspectAt(converter, code, position, 1)
  try {
    const { cell, diagnostics } = converter.convert(code)
    if (!cell) {
      const lines = code.split(/\r\n|[\n\r\u2028\u2029]/)
      const outside = diagnostics.find(({ line, column }) => line < 1 || line > lines.length || column < 1)
      if (diagnostics.length === 0) return 'refused without a reason'
      return outside && `an error at line ${outside.line} of ${lines.length}`
    }
    new vm.Script(`(async () => {${cell.output}\n})`)
    converter.commit(cell)
  } catch (error) {
    if (!(error instanceof SelmaError)) return String((error as Error).stack)
  }
  return undefined
}
