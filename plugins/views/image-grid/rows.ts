// The rows that the page has, and which of them are shown. Pure: no drawing, no messages.
import type { GridItem, GridRow, ImageGridAnswer } from '../../../lib/messages/views/image-grid.ts'

export interface Rows {
  items: GridItem[]
  rows: GridRow[]
}

/** Takes a piece of rows; the first piece starts over. */
export function take({ items, rows }: Rows, piece: ImageGridAnswer): Rows {
  if (piece.from === 0) return { items: piece.items, rows: piece.rows }
  if (piece.from !== rows.length) return { items, rows }
  return { items: [...items, ...piece.items], rows: [...rows, ...piece.rows] }
}

export interface Filter {
  /** Words that the prompt has, in any order; '' for all. */
  text: string
  skill: string
  outcome: 'all' | 'failed' | 'passed' | 'differs'
  /** For `failed` and `passed`: the model that it is about. For `differs`: `model` fails a question that `other` passes. */
  model: number
  other: number
}

const passes = (outcomes: string) => outcomes !== '' && /^1+$/.test(outcomes)

/** Whether some question fails in the one and passes in the other. */
export function failsWhere(failing: string | undefined, passing: string | undefined): boolean {
  if (!failing || !passing) return false
  for (let at = 0; at < failing.length; at++) if (failing[at] !== '1' && passing[at] === '1') return true
  return false
}

/** The numbers of the rows that a filter leaves. */
export function filtered({ items, rows }: Rows, { text, skill, outcome, model, other }: Filter): number[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  // Asked once an item, not once a row.
  const fits = items.map(
    (item) =>
      (skill === '' || item.skill === skill) &&
      (words.length === 0 || words.every((word) => item.prompt.toLowerCase().includes(word))),
  )
  const left: number[] = []
  for (const [at, { item, cells }] of rows.entries()) {
    if (!fits[item]) continue
    const outcomes = cells[model]?.outcomes
    if (outcome === 'failed' && !(outcomes && !passes(outcomes))) continue
    if (outcome === 'passed' && !(outcomes && passes(outcomes))) continue
    if (outcome === 'differs' && !failsWhere(outcomes, cells[other]?.outcomes)) continue
    left.push(at)
  }
  return left
}

/** `3 of 4 questions passed`, or nothing where none were asked. */
export function score(outcomes: string): string {
  if (outcomes === '') return ''
  const passed = [...outcomes].filter((one) => one === '1').length
  return `${passed} of ${outcomes.length} question${outcomes.length === 1 ? '' : 's'} passed`
}

export interface Layout {
  /** Side of a picture, CSS pixels. */
  cell: number
  /** Rows of the list side by side; 1 with several models. */
  perLine: number
  /** Height of a line, CSS pixels. */
  lineHeight: number
  /** The prompt stands left of its pictures, or above them. */
  beside: boolean
}

export const gap = 10
const label = 36
const dots = 20

/** How rows are laid out in a width. */
export function layoutOf(width: number, models: number, zoom: number, questions: boolean): Layout {
  const beside = models > 1 && width >= 640
  const room = beside ? width - 220 : width
  const widest = models > 1 ? Math.floor((room - gap * (models - 1)) / models) : Math.floor(room)
  const cell = Math.max(48, Math.min(zoom, widest))
  const below = questions ? dots : 0
  const perLine = models > 1 ? 1 : Math.max(1, Math.floor((width + gap) / (cell + gap)))
  const lineHeight = beside ? Math.max(cell + below, 64) + gap : cell + below + label + gap
  return { cell, perLine, lineHeight, beside }
}
