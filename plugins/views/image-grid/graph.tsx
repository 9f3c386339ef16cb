// The dependency graph of a prompt's questions: numbers in circles, each left of those that depend on it.
import type { GridItem } from '../../../lib/messages/views/image-grid.ts'
import { words } from './cell.tsx'

type Questions = GridItem['questions']

/** How many steps each question is from one that depends on nothing; a circle of dependencies ends somewhere. */
export function depths(questions: Questions): number[] {
  const known: (number | undefined)[] = []
  const depth = (at: number, seen: number[]): number => {
    if (known[at] !== undefined) return known[at]
    if (seen.includes(at)) return 0
    const parents = questions[at].parents.filter((parent) => parent !== at && questions[parent])
    const found = parents.length === 0 ? 0 : 1 + Math.max(...parents.map((one) => depth(one, [...seen, at])))
    if (seen.length === 0) known[at] = found
    return found
  }
  return questions.map((_, at) => depth(at, []))
}

const across = 64
const down = 34

export function Graph({ questions, outcomes }: { questions: Questions; outcomes: string }) {
  if (questions.length === 0 || questions.length > 60) return null
  const columns = depths(questions)
  const filled: number[] = []
  const places = columns.map((column) => {
    const row = filled[column] ?? 0
    filled[column] = row + 1
    return { x: 18 + column * across, y: 18 + row * down }
  })
  const width = 36 + Math.max(...columns) * across
  const height = 36 + (Math.max(...filled.map((count) => count ?? 0)) - 1) * down
  return (
    <svg
      class="ig-graph"
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={`Which question depends on which, and how each was answered: ${questions
        .map(({ parents }, at) => {
          const on = parents.length > 0 ? ` on ${parents.map((parent) => parent + 1).join(', ')}` : ''
          return `${at + 1}${on} ${words[outcomes[at]] ?? ''}`
        })
        .join('; ')}`}
    >
      {questions.flatMap(({ parents }, at) =>
        parents.map((parent) =>
          places[parent] && parent !== at ? (
            <line
              // biome-ignore lint/suspicious/noArrayIndexKey: questions have no other name than their place
              key={`${parent} ${at}`}
              x1={places[parent].x + 12}
              y1={places[parent].y}
              x2={places[at].x - 12}
              y2={places[at].y}
            />
          ) : null,
        ),
      )}
      {places.map(({ x, y }, at) => (
        <g key={`${x} ${y}`} class={`ig-node-${outcomes[at] ?? 'none'}`}>
          <title>{questions[at].text}</title>
          <circle cx={x} cy={y} r="12" />
          <text x={x} y={y + 4} text-anchor="middle">
            {at + 1}
          </text>
        </g>
      ))}
    </svg>
  )
}
