import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { exportedNames } from '../../kernel/language/preload-names.ts'
import { ownModule } from '../../lib/base/own-file.ts'
import { fixtures, type TestSession, testSession } from './fixtures/session.ts'

const preload = join(fixtures, 'preload.ts')
let session: TestSession
afterEach(() => session?.close())

describe('the preloaded library', () => {
  it('finds exported names without loading anything', () => {
    expect([...exportedNames(preload)].sort()).toEqual(
      ['Judge', 'Skill', 'T2I', 'evaluate', 'prompts', 'refuse', 'skill'].sort(),
    )
    expect(exportedNames(join(fixtures, 'absent.ts')).size).toBe(0)
  })

  it('is in scope with its types, and loaded only when mentioned', async () => {
    session = testSession({ preload })
    const loads = '(globalThis as { selmaFixtureLoads?: number }).selmaFixtureLoads ?? 0'
    const before = Number(await session.run(loads))
    expect(await session.run("const base = await T2I.load('shapes')", "base.draw('a', { seed: 3 })")).toBe(
      "{ width: 64, prompt: 'a', seed: 3 }",
    )
    expect(await session.run("const count: Skill = skill('count', { teaches: 'counting' })")).toBeUndefined()
    expect(await session.run('(await prompts.generate(count, { n: 2 })).join()')).toBe("'count 0,count 1'")
    expect(await session.run('evaluate(2)')).toBe('4')
    expect(Number(await session.run(loads))).toBe(before === 0 ? 1 : before)
  })

  it('is checked by type', async () => {
    session = testSession({ preload })
    expect(await session.run("await T2I.load('nothing')")).toContain(`'"nothing"' is not assignable`)
    expect(await session.run("skill('a', {})")).toContain("Property 'teaches' is missing")
  })

  it('gives way to names the cells declare', async () => {
    session = testSession({ preload })
    await session.run('const evaluate = 5')
    await session.run("await T2I.load('shapes')")
    expect(await session.run('evaluate')).toBe('5')
  })

  it('is completed and inspected', () => {
    session = testSession({ preload })
    expect(session.complete('T2', 2).matches).toContain('T2I')
    expect(session.complete('T2I.', 4).matches).toContain('load')
    expect(session.inspect('T2I.load', 6)?.['text/plain']).toContain('Loads a model by name.')
  })

  it('shows the hint of its errors, and only the cell in the traceback', async () => {
    session = testSession({ preload })
    expect(await session.run('const a = 1\nrefuse()')).toBe('SelmaError: steps is -1')
    const { traceback } = session.last!.error!
    expect(traceback.slice(0, 2)).toEqual(['SelmaError: steps is -1', '  hint: steps must be at least 1'])
    expect(traceback.filter((line) => line.startsWith('    at '))).toEqual([
      expect.stringMatching(/^ {4}at cell \[1\], line 2, column \d+$/),
    ])
  })

  it('may be several modules, each loaded by itself, the first one’s names first', async () => {
    const first = join(fixtures, 'preload-part.ts')
    const widgets = ownModule('./cell-widgets.ts', new URL('../../kernel/session.ts', import.meta.url).href)
    session = testSession({ preload: [first, preload, widgets] })
    const slider = "const slider = new widgets.IntSlider({ value: 3, max: 5, description: 'steps' })"
    expect(await session.run(slider, 'slider.value = 9', 'slider.value')).toBe('5')
    expect(Object.keys(session.locals)).not.toContain('T2I')
    expect(await session.run('typeof interact + typeof track')).toBe("'functionfunction'")
    expect(await session.run("slider.value = 'many'")).toContain(
      "'string' is not assignable to type 'number'",
    )
    expect(await session.run('evaluate(2)')).toBe('4')
    expect(session.complete('widgets.IntSl', 13).matches).toContain('IntSlider')
  }, 60_000)
})
