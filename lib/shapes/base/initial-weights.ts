// Initial values of a model trained from nothing, by PyTorch's default rules: uniform within
// 1/√fan-in for linear and convolution layers, ones and zeros for norms, N(0, 0.02) for embeddings.
import type { Random } from '../../base/random.ts'
import { type ParameterLayout, sizeOf } from '../../runtime/index.ts'

/** A flat vector for `layout`; every parameter draws from its own stream. */
export function initialWeights(layout: ParameterLayout, random: Random): Float32Array {
  const fanIn = new Map<string, number>()
  for (const { name, shape } of layout.specs) {
    if (name.endsWith('.weight')) fanIn.set(name.slice(0, -'.weight'.length), sizeOf(shape.slice(1)))
  }
  return layout.pack(({ name, shape }) => {
    const stream = random.derive(name)
    const length = sizeOf(shape)
    if (/norm\w*\.(weight|bias)$/.test(name))
      return new Float32Array(length).fill(name.endsWith('weight') ? 1 : 0)
    if (/embedding\.weight$/.test(name)) return stream.normals(length).map((value) => value * 0.02)
    const bound = 1 / Math.sqrt(fanIn.get(name.replace(/\.(weight|bias)$/, '')) ?? 1)
    return new Float32Array(length).map(() => (2 * stream.float() - 1) * bound)
  })
}
