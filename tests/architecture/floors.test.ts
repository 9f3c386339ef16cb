// Imports go down the floors of docs/design.md, files stay short, and no file knows this machine.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { floorOf, floors, imports, root, sources, specifiers, violations } from '../support/imports.ts'

const all = floors()
const source = sources(['lib', 'kernel', 'plugins'])
const everything = sources(['lib', 'kernel', 'plugins', 'scripts', 'bench', 'tests'])
const textOf = (path: string): string => readFileSync(join(root, path), 'utf8')

describe('the rule itself', () => {
  it('reads the floors from the design, top first', () => {
    expect(all.length).toBeGreaterThan(15)
    expect(all.slice(0, 4)).toEqual(['notebooks/', 'plugins/', 'kernel/', 'lib/index.ts'])
    expect(all.indexOf('lib/diffusion/')).toBeLessThan(all.indexOf('lib/runtime/'))
    expect(all.slice(-2)).toEqual(['lib/messages/', 'lib/base/'])
    expect(new Set(all).size).toBe(all.length)
  })

  it('sees every way of importing', () => {
    const text = `import a from './a.ts'; import type { b } from './b.ts'; import './c.ts'
      export * from './d.ts'; export type { e } from './e.ts'; type F = import('./f.ts').F
      const g = await import('./g.ts'); const h = require('./h.cjs'); import i = require('./i.cjs')
      const j = typeof import(\`./j.ts\`); // import './no.ts'
      const k = "import './no.ts'"`
    const letters = specifiers(text).map((specifier) => specifier[2])
    expect(letters).toEqual([...'abcdefghij'])
  })

  it('tells up from down', () => {
    const up = (path: string, target: string) => violations(path, [target], all).length
    expect(up('lib/diffusion/unet.ts', 'lib/runtime/index.ts')).toBe(0)
    expect(up('lib/diffusion/schedulers/ddim.ts', 'lib/diffusion/unet.ts')).toBe(0)
    expect(up('lib/runtime/graph.ts', 'lib/diffusion/unet.ts')).toBe(1)
    expect(up('lib/base/errors.ts', 'lib/messages/index.ts')).toBe(1)
    expect(up('lib/index.ts', 'lib/experts/train.ts')).toBe(0)
    expect(up('lib/experts/train.ts', 'lib/index.ts')).toBe(1)
    expect(up('lib/jobs/spawn.ts', 'lib/worker.ts')).toBe(1)
    expect(up('lib/worker.ts', 'lib/stages.ts')).toBe(0)
    expect(up('kernel/session.ts', 'lib/index.ts')).toBe(0)
    expect(up('lib/index.ts', 'kernel/session.ts')).toBe(1)
    expect(up('plugins/src/a.ts', 'lib/messages/index.ts')).toBe(0)
    expect(up('plugins/src/a.ts', 'lib/runtime/index.ts')).toBe(1)
    expect(up('lib/somewhere/a.ts', 'lib/base/errors.ts')).toBe(1)
    expect(up('lib/runtime/a.ts', 'tests/support/golden.ts')).toBe(1)
  })
})

describe('the project', () => {
  it('has every file on a floor', () => {
    expect(source.length).toBeGreaterThan(100)
    expect(source.filter((path) => floorOf(path, all) === undefined)).toEqual([])
  })

  it('imports downwards only', () => {
    expect(source.flatMap((path) => violations(path, imports(path), all))).toEqual([])
  })

  it('has no file over 300 lines', () => {
    const written = everything.filter((path) => !/^\/\/ .*Written by scripts\/generate-/m.test(textOf(path)))
    const long = written.filter((path) => textOf(path).split('\n').length > 301)
    expect(long).toEqual([])
  })

  it('has no path of a machine in its sources', () => {
    const machine = /(?<![\w.:/-])\/(?:home|Users|root|work|tmp|mnt|opt)\/[\w.-]+/
    const found = sources(['lib', 'kernel', 'plugins', 'scripts', 'bench']).flatMap((path) =>
      textOf(path)
        .split('\n')
        .flatMap((line, i) => (machine.test(line) ? [`${path}:${i + 1}: ${line.trim()}`] : [])),
    )
    expect(found).toEqual([])
  })
})
