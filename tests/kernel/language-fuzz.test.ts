import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Converter } from '../../kernel/language/converter.ts'
import { cellFault, fuzzConverter, mutant, random, realCells, syntaxFault } from './language-fuzz-support.ts'

let converter: Converter
beforeAll(() => {
  converter = fuzzConverter()
})
afterAll(() => converter.close())

it('reads real cells, and cuts of them, without failing', () => {
  for (const cell of realCells) {
    expect(syntaxFault(cell), cell).toBeUndefined()
    expect(cellFault(converter, cell, cell.length), cell).toBeUndefined()
  }
}, 300_000)

it('keeps length and lines of 500 damaged cells, and always knows whether they are complete', () => {
  const next = random(20)
  for (let at = 0; at < 500; at++) {
    const code = mutant(next)
    expect(syntaxFault(code), JSON.stringify(code)).toBeUndefined()
  }
})

it('converts or refuses 30 damaged cells, and answers questions about them', () => {
  const next = random(30)
  for (let at = 0; at < 30; at++) {
    const code = mutant(next)
    expect(
      cellFault(converter, code, Math.floor(next() * (code.length + 1))),
      JSON.stringify(code),
    ).toBeUndefined()
  }
}, 300_000)
