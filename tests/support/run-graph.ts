// Builds a graph, runs it once and gives its outputs, for tests.
import {
  compile,
  type Feeds,
  Graph,
  LocalSession,
  type Program,
  type SessionOptions,
  type Tensor,
} from '../../lib/runtime/index.ts'

/** One run of a program. */
export async function runProgram(
  program: Program,
  feeds: Feeds,
  options: SessionOptions = {},
): Promise<Record<string, Float32Array>> {
  const session = await LocalSession.create(program, { threads: 1, ...options })
  try {
    return (await session.run(feeds)) as Record<string, Float32Array>
  } finally {
    await session.release()
  }
}

/** Builds with `build`, declares what it returns as outputs, and runs once. */
export async function runGraph(
  build: (graph: Graph) => Record<string, Tensor>,
  feeds: Feeds,
  options: SessionOptions & { training?: boolean } = {},
): Promise<Record<string, Float32Array>> {
  const { training = false, ...session } = options
  const graph = new Graph({ training })
  for (const [name, value] of Object.entries(build(graph))) graph.output(name, value)
  return runProgram(compile(graph), feeds, session)
}
