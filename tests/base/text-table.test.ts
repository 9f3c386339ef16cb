import { expect, it } from 'vitest'
import { textTable } from '../../lib/base/text-table.ts'

it('puts rows into columns, with nothing at the ends of lines', () => {
  const rows = [
    ['job', 'state', ''],
    ['a', 'finished', 'x'],
    ['bbbb', '', ''],
  ]
  expect(textTable(rows)).toBe('job   state\na     finished  x\nbbbb')
  expect(textTable([])).toBe('')
})
