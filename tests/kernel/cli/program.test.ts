// The command line itself: help, and defaults that are those of the library.
import type { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { buildProgram } from '../../../kernel/cli/main.ts'
import { lora } from '../../../kernel/cli/options.ts'
import { duration, oneLine, plain } from '../../../kernel/cli/plain.ts'
import { trainOptionNames, trainOptions } from '../../../lib/experts/index.ts'
import { imagesStage } from '../../../lib/images/index.ts'
import { promptsStage } from '../../../lib/prompts/stage.ts'
import { evaluateStage } from '../../../lib/study/evaluation.ts'
import { temporaryFolder } from '../../support/temporary.ts'
import { selma } from './support.ts'

const commandNamed = (name: string): Command => buildProgram().commands.find((each) => each.name() === name)!

/** The defaults of a command's options by the settings' names, where both have one. */
function shared(name: string, settings: Record<string, unknown>): [unknown, unknown][] {
  return commandNamed(name)
    .options.filter((option) => option.defaultValue !== undefined && option.attributeName() in settings)
    .map((option) => [
      { [option.attributeName()]: option.defaultValue },
      { [option.attributeName()]: settings[option.attributeName()] },
    ])
}

describe('defaults', () => {
  it("are the stages' own", () => {
    const train = trainOptions.parse({})
    const images = imagesStage.settings.parse({ model: 'shapes', prompts: [{ text: 'a' }] })
    const described = { name: 'a', teaches: 'a', seeds: [] }
    const prompts = promptsStage.settings.parse({ skill: described })
    const items = [{ id: 'a', text: 'a', questions: [] }]
    const evaluate = evaluateStage.settings.parse({ model: 'a', name: 'a', questions: { name: 'a', items } })
    const all = [
      ...shared('train', train),
      ...shared('images', images),
      ...shared('prompts', prompts),
      ...shared('evaluate', evaluate),
    ]
    expect(all.length).toBeGreaterThan(24)
    for (const [option, setting] of all) expect(option).toEqual(setting)
  })

  it('are all of them settings that go together', () => {
    const given = commandNamed('train').opts()
    const own = Object.fromEntries(
      trainOptionNames.flatMap((key) => (key in given ? [[key, given[key]]] : [])),
    )
    expect(trainOptions.parse(own)).toEqual(trainOptions.parse({}))
  })

  it('leave out no setting of training', () => {
    const options = commandNamed('train').options.map((option) => option.attributeName())
    expect(trainOptionNames.filter((key) => !options.includes(key))).toEqual([])
  })
})

describe('help', () => {
  it.each(buildProgram().commands.map((command) => command.name()))(
    'of %s has examples and exit codes',
    (name) => {
      const lines: string[] = []
      const command = name === 'jobs' ? commandNamed('jobs').commands[0] : commandNamed(name)
      command.configureOutput({ writeOut: (text) => lines.push(text) })
      command.outputHelp()
      const text = lines.join('')
      expect(text).toContain(`$ `)
      expect(text).toMatch(/selma .*\n/)
      expect(text).toContain('Exit codes:')
      expect(text).toContain('75')
    },
  )

  it('comes from the command without any work', async () => {
    const { code, stdout, stderr } = await selma('train --help', await temporaryFolder())
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/--alpha <a> .*default: the rank/)
  })
})

describe('values', () => {
  it('of --lora have a weight', () => {
    expect(lora('expert')).toEqual({ path: 'expert', weight: 1 })
    expect(lora('a=b=0.5')).toEqual({ path: 'a=b', weight: 0.5 })
    expect(() => lora('expert=much')).toThrow('Give a number')
  })

  it('from outside are harmless on a terminal', () => {
    expect(plain('a\u001b[2Jb\u0007\r\n')).toBe('a\\x1b[2Jb\\x07\n')
    expect(oneLine('a\n b', 10)).toBe('a b')
    expect(oneLine('abcdef', 4)).toBe('abc…')
  })

  it('of time read well', () => {
    expect([0.84, 41.6, 185, 7620].map(duration)).toEqual(['0.8 s', '42 s', '3 min 5 s', '2 h 7 min'])
  })
})
