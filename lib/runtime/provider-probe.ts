// A process that finds out whether ONNX Runtime really computes on a provider: a product of matrices, with no help
// from the CPU allowed, checked and timed. A process of its own, because a driver that is amiss may end it.
// Started by `probe-provider.ts`; nothing imports it.
import { compile } from './compile.ts'
import { Graph } from './graph.ts'
import { loadOnnxRuntime } from './load-onnxruntime.ts'
import { matmul } from './ops/matmul.ts'
import type { ProbeResult } from './probe-provider.ts'

const SIZE = 512
const ROUNDS = 20
/** Software adapters take a second a round: that is known after one. */
const ENOUGH_MS = 300

async function probe(provider: string): Promise<ProbeResult> {
  const ort = await loadOnnxRuntime()
  ort.env.logLevel = 'fatal'
  const graph = new Graph()
  const x = graph.input('x', [SIZE, SIZE])
  graph.output('y', matmul(x, x))
  const session = await ort.InferenceSession.create(compile(graph).model, {
    executionProviders: [provider],
    logSeverityLevel: 4,
    // Without this a provider that takes no node at all would pass: the CPU would do the work.
    ...(provider === 'cpu' ? {} : { extra: { session: { disable_cpu_ep_fallback: '1' } } }),
  })
  const feeds = { x: new ort.Tensor('float32', new Float32Array(SIZE * SIZE).fill(1), [SIZE, SIZE]) }
  // The first run compiles programs and is not timed.
  const { y } = await session.run(feeds)
  const [first] = (await y.getData()) as Float32Array
  if (first !== SIZE) return { works: false, reason: `${SIZE} ones add up to ${first}` }
  const began = performance.now()
  let rounds = 0
  while (rounds < ROUNDS && performance.now() - began < ENOUGH_MS) {
    await session.run(feeds)
    rounds++
  }
  const milliseconds = (performance.now() - began) / rounds
  return { works: true, milliseconds, gigaflops: (2 * SIZE ** 3) / (milliseconds * 1e6) }
}

const result = await probe(process.argv[2]).catch(
  (error): ProbeResult => ({ works: false, reason: String((error as Error)?.message ?? error) }),
)
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0))
