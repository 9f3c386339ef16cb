// Damages valid ONNX files in random places; what the reader makes of it must stay sane.
import { SelmaError } from '../../lib/base/errors.ts'
import { Random } from '../../lib/base/random.ts'
import { decodeOnnx, encodeOnnx, type OnnxModel } from '../../lib/formats/onnx.ts'

/** A model with every kind of attribute, a nested graph, and constants inside and outside the file. */
export const sample: OnnxModel = {
  irVersion: 9,
  opset: 20,
  producer: 'selma-lab',
  graph: {
    name: 'sample',
    nodes: [
      {
        op: 'Everything',
        name: 'node',
        domain: 'com.example',
        inputs: ['x', '', 'weight'],
        outputs: ['y', 'z'],
        attributes: {
          axis: { int: -1 },
          big: { int: 2 ** 53 - 1 },
          epsilon: { float: 0.5 },
          mode: { string: 'nearest é' },
          perm: { ints: [0, -2, 300, 1] },
          none: { ints: [] },
          scales: { floats: [1, -0.25, 3.5] },
          value: { tensor: { name: 'inner', type: 'int64', shape: [1], raw: new Uint8Array(8).fill(3) } },
          body: {
            graph: {
              name: 'body',
              nodes: [{ op: 'Identity', inputs: ['a'], outputs: ['b'], attributes: {} }],
              initializers: [],
              inputs: [],
              outputs: [],
            },
          },
        },
      },
    ],
    initializers: [
      { name: 'weight', type: 'float32', shape: [2, 1], raw: new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]) },
      {
        name: 'far',
        type: 'float16',
        shape: [1000, 1000],
        external: { location: 'sub/w.safetensors', offset: 9_000_000_000, length: 2_000_000 },
      },
      { name: 'scalar', type: 'bool', shape: [], raw: new Uint8Array([1]) },
    ],
    inputs: [{ name: 'x', type: 'float32', shape: [2, 3, 4] }],
    outputs: [{ name: 'y', type: 'bfloat16', shape: [] }],
  },
}

function damage(source: Uint8Array, random: Random): Uint8Array {
  const bytes = source.slice()
  const at = random.int(0, bytes.length - 1)
  switch (random.int(0, 5)) {
    case 0:
      bytes[at] = random.int(0, 255)
      return bytes
    case 1:
      bytes[at] ^= 1 << random.int(0, 7)
      return bytes
    case 2:
      // A length or a number becomes huge.
      bytes.fill(0xff, at, at + random.int(1, 12))
      return bytes
    case 3:
      return bytes.slice(0, at)
    case 4:
      return Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(at + random.int(1, 8))])
    default: {
      const from = random.int(0, bytes.length - 1)
      const piece = bytes.subarray(from, from + random.int(1, 40))
      return Uint8Array.from([...bytes.subarray(0, at), ...piece, ...bytes.subarray(at)])
    }
  }
}

/** How many numbers and bytes a decoded value holds. */
function sizeOf(value: unknown): number {
  if (value instanceof Uint8Array) return value.length
  if (typeof value === 'string') return value.length
  if (typeof value !== 'object' || value === null) return 1
  return Object.values(value).reduce((total: number, part) => total + sizeOf(part), 0)
}

/**
 * Reads `count` damaged files. Anything but a `bad-file` error or a model no larger than the file
 * could hold is thrown on, with the file as hex.
 */
export function mutateModels(count: number, seed: number): { refused: number; accepted: number } {
  const random = new Random(seed)
  const source = encodeOnnx(sample)
  let refused = 0
  for (let i = 0; i < count; i++) {
    let bytes = damage(source, random)
    while (bytes.length > 0 && random.chance(0.3)) bytes = damage(bytes, random)
    try {
      const size = sizeOf(decodeOnnx(bytes))
      if (size > bytes.length * 4 + 100) throw new Error(`${size} values from ${bytes.length} bytes`)
    } catch (error) {
      if (!(error instanceof SelmaError) || error.code !== 'bad-file')
        throw new Error(`file ${i}: ${Buffer.from(bytes).toString('hex')}`, { cause: error })
      refused++
    }
  }
  return { refused, accepted: count - refused }
}
