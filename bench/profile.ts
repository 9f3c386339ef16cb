// Where the time of a run goes, by operator: ONNX Runtime's profile, added up. Operations are counted for what is a
// matrix product underneath; a multiplication and an addition are two.
import { readFileSync } from 'node:fs'

type Shapes = Record<string, number[]>[]
interface ProfileEvent {
  cat: string
  name: string
  ts: number
  dur: number
  args: { op_name: string; input_type_shape: Shapes; output_type_shape: Shapes }
}

export interface OperatorTime {
  operator: string
  nodes: number
  seconds: number
  /** 10⁹ operations; 0 for what is not counted. */
  gflop: number
}

const product = (shape: readonly number[]): number => shape.reduce((all, size) => all * size, 1)
const shapesOf = (list: Shapes): number[][] => list.map((one) => Object.values(one)[0])

function operations({ args }: ProfileEvent): number {
  const [inputs, [output]] = [shapesOf(args.input_type_shape), shapesOf(args.output_type_shape)]
  const [a, b] = inputs
  switch (args.op_name) {
    case 'Conv':
    case 'FusedConv':
      return 2 * product(output) * product(b.slice(1))
    case 'ConvTranspose':
      return 2 * product(a) * product(b.slice(1))
    case 'Gemm':
    case 'FusedGemm':
      return (2 * output[0] * output[1] * product(a)) / output[0]
    case 'MatMul':
    case 'FusedMatMul': {
      // K is the side of a that the product does not have, whichever way round a lies.
      const [m, n] = output.slice(-2)
      const [rows, columns] = a.slice(-2)
      const inner = rows === m && (columns === b.at(-2) || columns === b.at(-1)) ? columns : rows
      return 2 * product(output.slice(0, -2)) * m * n * inner
    }
    case 'MultiHeadAttention':
      return 4 * product(a) * b[1]
    default:
      return 0
  }
}

/** The last run in a profile, the slowest operators first. */
export function operatorTimes(path: string): OperatorTime[] {
  const events = JSON.parse(readFileSync(path, 'utf8')) as ProfileEvent[]
  const run = events.filter(({ name }) => name === 'model_run').at(-1)!
  const nodes = events.filter(
    ({ cat, name, ts }) =>
      cat === 'Node' && name.endsWith('_kernel_time') && ts >= run.ts && ts <= run.ts + run.dur,
  )
  const found = new Map<string, OperatorTime>()
  for (const node of nodes) {
    const operator = node.args.op_name
    const sum = found.get(operator) ?? { operator, nodes: 0, seconds: 0, gflop: 0 }
    sum.nodes++
    sum.seconds += node.dur / 1e6
    sum.gflop += operations(node) / 1e9
    found.set(operator, sum)
  }
  return [...found.values()].sort((a, b) => b.seconds - a.seconds)
}
