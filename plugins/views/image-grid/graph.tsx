// The dependency graph of a prompt's questions: numbers in circles, each left of those that depend on it.
import { words } from './cell.tsx'
import { depths, type Questions } from './depths.ts'

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
