// biome-ignore-all lint/suspicious/noTemplateCurlyInString: cells are source text
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Assistant, createAssistant } from '../../kernel/language/assistant.ts'
import { fixtures } from './fixtures/session.ts'

let assistant: Assistant

describe('an assistant that runs nothing', () => {
  beforeAll(() => {
    assistant = createAssistant({ cwd: fixtures, preload: join(fixtures, 'preload.ts') })
  })
  afterAll(() => assistant.close())

  it('knows the names and types of cells it was told of', () => {
    assistant.commit('const shapes = { circle: 1, cube: 2 }\nlet size = shapes.circle')
    assistant.commit('function area(of: typeof shapes) { return of.circle * size }')
    expect(assistant.complete('shapes.', 7).matches).toEqual(['circle', 'cube'])
    expect(assistant.complete('are', 3).matches).toContain('area')
    expect(assistant.inspect('area(shapes)', 1)).toContain('area(of: typeof shapes): number')
    expect(assistant.complete('size.toF', 8).matches).toEqual(['toFixed'])
  })

  it('forgets a type when the name is declared anew', () => {
    assistant.commit('const again = 1')
    assistant.commit('const again = "text"')
    expect(assistant.complete('again.toUp', 10).matches).toEqual(['toUpperCase'])
  })

  it('takes only the names that a failed cell had reached', () => {
    assistant.commit('const reached = 1\nthrow 1\nconst beyond = 2', ['reached'])
    expect(assistant.complete('reac', 4).matches).toContain('reached')
    expect(assistant.complete('beyo', 4).matches).not.toContain('beyond')
  })

  it('survives what is no TypeScript', () => {
    for (const code of ['const = = {', '`${', '\u0000', '%npm', '!']) assistant.commit(code)
    expect(assistant.complete('T2', 2).matches).toContain('T2I')
  })
})
