import { expect, it } from 'vitest'
import { cellFault, fuzzConverter, mutant, random, syntaxFault } from './language-fuzz-support.ts'

it.each([1, 2, 3, 4])('converts or refuses 1,000 damaged cells, from seed %i', (seed) => {
  const converter = fuzzConverter()
  const next = random(seed * 1000)
  for (let at = 0; at < 1000; at++) {
    const code = mutant(next)
    const position = Math.floor(next() * (code.length + 1))
    expect(syntaxFault(code) ?? cellFault(converter, code, position), JSON.stringify(code)).toBeUndefined()
  }
  converter.close()
})
