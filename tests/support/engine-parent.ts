// A program that uses an engine: `node --import tsx engine-parent.ts idle|stays`. Prints the engine's
// process and what it computed; then has nothing more to do, or stays.
import { identityOf } from '../../lib/jobs/process-identity.ts'
import { compile, Engine, Graph, mul } from '../../lib/runtime/index.ts'

const graph = new Graph()
graph.output('y', mul(graph.input('x', [3]), 2))
const engine = new Engine()
const session = await engine.open(compile(graph))
const { y } = await session.run({ x: Float32Array.of(1, 2, 3) })
process.stdout.write(`${JSON.stringify({ y: [...(y as Float32Array)], engine: identityOf(engine.pid!) })}\n`)
if (process.argv[2] === 'stays') setInterval(() => {}, 1000)
