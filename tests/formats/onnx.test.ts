// ONNX files: to bytes and back, against the schema's own protobuf classes, and damaged.
import onnxProto from 'onnx-proto'
import { describe, expect, it } from 'vitest'
import { decodeOnnx, encodeOnnx, type OnnxModel, onnxTypes } from '../../lib/formats/onnx.ts'
import { ProtoWriter } from '../../lib/formats/protobuf.ts'
import { add, compile, Graph, gradients, silu, sum } from '../../lib/runtime/index.ts'
import { mutateModels, sample } from './onnx-fuzz.ts'

const { onnx } = onnxProto
const badFile = (message: string | RegExp) =>
  expect.objectContaining({
    name: 'SelmaError',
    code: 'bad-file',
    message: typeof message === 'string' ? expect.stringContaining(message) : expect.stringMatching(message),
  })

/** The graph of a small training step. */
function step(): Uint8Array {
  const graph = new Graph({ training: true })
  const x = graph.input('x', [2, 3])
  const loss = sum(silu(add(x, graph.floats([1, 2, 3]))))
  graph.output('loss', loss)
  graph.output('gradient', gradients(loss, [x])[0])
  return compile(graph).model
}

describe('round trip', () => {
  it('gives the same model', () => {
    expect(decodeOnnx(encodeOnnx(sample))).toEqual(sample)
  })

  it('gives the same bytes for a compiled graph', () => {
    const bytes = step()
    expect(encodeOnnx(decodeOnnx(bytes))).toEqual(bytes)
  })

  it('holds more numbers than a call takes arguments', () => {
    const ints = Array.from({ length: 300_000 }, (_, i) => i)
    const floats = ints.map((value) => value / 2)
    const model: OnnxModel = {
      ...sample,
      graph: {
        ...sample.graph,
        nodes: [{ op: 'Long', inputs: [], outputs: [], attributes: { ints: { ints }, floats: { floats } } }],
      },
    }
    expect(decodeOnnx(encodeOnnx(model))).toEqual(model)
  })
})

describe("the schema's own classes", () => {
  const numbers = (values: readonly unknown[] | null | undefined): number[] => (values ?? []).map(Number)

  it('read what is written here', () => {
    const model = onnx.ModelProto.decode(encodeOnnx(sample))
    expect(Number(model.irVersion)).toBe(9)
    expect(model.producerName).toBe('selma-lab')
    expect(model.opsetImport.map(({ domain, version }) => [domain, Number(version)])).toEqual([
      ['', 20],
      ['com.example', 1],
    ])
    const graph = model.graph!
    expect(graph.name).toBe('sample')
    const node = graph.node![0]
    expect(node).toMatchObject({ opType: 'Everything', name: 'node', domain: 'com.example' })
    expect(node.input).toEqual(['x', '', 'weight'])
    expect(node.output).toEqual(['y', 'z'])
    const { AttributeType } = onnx.AttributeProto
    const attributes = new Map(node.attribute!.map((attribute) => [attribute.name, attribute]))
    expect(attributes.get('axis')!.type).toBe(AttributeType.INT)
    expect(Number(attributes.get('axis')!.i)).toBe(-1)
    expect(Number(attributes.get('big')!.i)).toBe(2 ** 53 - 1)
    expect(attributes.get('epsilon')).toMatchObject({ type: AttributeType.FLOAT, f: 0.5 })
    expect(Buffer.from(attributes.get('mode')!.s!).toString()).toBe('nearest é')
    expect(numbers(attributes.get('perm')!.ints)).toEqual([0, -2, 300, 1])
    expect(attributes.get('scales')!.floats).toEqual([1, -0.25, 3.5])
    expect(attributes.get('value')!.t).toMatchObject({ name: 'inner', dataType: onnxTypes.int64 })
    expect(attributes.get('body')!.g!.node![0].opType).toBe('Identity')
    const [weight, far] = graph.initializer!
    expect(numbers(weight.dims)).toEqual([2, 1])
    expect([...weight.rawData!]).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
    expect(far.dataLocation).toBe(onnx.TensorProto.DataLocation.EXTERNAL)
    expect(Object.fromEntries(far.externalData!.map(({ key, value }) => [key, value]))).toEqual({
      location: 'sub/w.safetensors',
      offset: '9000000000',
      length: '2000000',
    })
    const { elemType, shape } = graph.input![0].type!.tensorType!
    expect(elemType).toBe(onnxTypes.float32)
    expect(shape!.dim!.map((dim) => Number(dim.dimValue))).toEqual([2, 3, 4])
  })

  it('write what is read here, numbers of element types included', () => {
    const types = onnx.TensorProto.DataType as unknown as Record<string, number>
    const theirs = { ...types, FLOAT32: types.FLOAT, FLOAT64: types.DOUBLE }
    for (const [name, code] of Object.entries(onnxTypes))
      expect(theirs[name.toUpperCase() as keyof typeof theirs], name).toBe(code)

    const bytes = onnx.ModelProto.encode({
      irVersion: 8,
      docString: 'skipped',
      opsetImport: [{ domain: 'other', version: 3 }, { version: 17 }],
      graph: {
        name: 'theirs',
        node: [
          {
            opType: 'Concat',
            input: ['a', 'b'],
            output: ['c'],
            docString: 'skipped',
            attribute: [
              { name: 'axis', type: onnx.AttributeProto.AttributeType.INT, i: 1 },
              { name: 'many', type: onnx.AttributeProto.AttributeType.INTS, ints: [-5, 6] },
              { name: 'some', type: onnx.AttributeProto.AttributeType.FLOATS, floats: [0.5, 1.5] },
            ],
          },
        ],
        initializer: [{ name: 'b', dataType: 1, dims: [1], rawData: new Uint8Array([0, 0, 128, 63]) }],
        input: [
          {
            name: 'a',
            type: { tensorType: { elemType: 1, shape: { dim: [{ dimParam: 'batch' }, { dimValue: 3 }] } } },
          },
        ],
      },
    }).finish()
    expect(decodeOnnx(bytes)).toEqual({
      irVersion: 8,
      opset: 17,
      producer: '',
      graph: {
        name: 'theirs',
        nodes: [
          {
            op: 'Concat',
            inputs: ['a', 'b'],
            outputs: ['c'],
            attributes: { axis: { int: 1 }, many: { ints: [-5, 6] }, some: { floats: [0.5, 1.5] } },
          },
        ],
        initializers: [{ name: 'b', type: 'float32', shape: [1], raw: expect.any(Uint8Array) }],
        inputs: [{ name: 'a', type: 'float32', shape: [-1, 3] }],
        outputs: [],
      },
    })
  })
})

describe('damaged files', () => {
  it('are refused at every length but the whole', () => {
    const bytes = encodeOnnx(sample)
    // The last fields are the opset (6 bytes) and the version of com.example (17); without them the rest is a model.
    const whole = [bytes.length, bytes.length - 17, bytes.length - 23]
    for (let length = 0; length < bytes.length; length++) {
      if (whole.includes(length)) continue
      expect(() => decodeOnnx(bytes.slice(0, length)), `${length} bytes`).toThrow(badFile(/./))
    }
    expect(decodeOnnx(bytes.slice(0, bytes.length - 23)).opset).toBe(0)
  })

  it('are refused or read, 500 of them', () => {
    const { refused, accepted } = mutateModels(500, 1)
    expect(refused).toBeGreaterThan(100)
    expect(accepted).toBeGreaterThan(50)
  })

  it('with a number as long as the file do not hang the reader', () => {
    const tensor = new ProtoWriter().bytes(1, new Uint8Array(2_000_000).fill(0xff))
    const bytes = new ProtoWriter().message(7, new ProtoWriter().message(5, tensor)).finish()
    expect(() => decodeOnnx(bytes)).toThrow(badFile('longer than ten bytes'))
  })

  it('nested without end do not exhaust the stack', () => {
    let graph = new ProtoWriter().string(2, 'innermost')
    for (let i = 0; i < 3000; i++) {
      const attribute = new ProtoWriter().string(1, 'body').message(6, graph).int(20, 5)
      graph = new ProtoWriter().message(1, new ProtoWriter().message(5, attribute))
    }
    expect(() => decodeOnnx(new ProtoWriter().message(7, graph).finish())).toThrow(badFile('nested'))
  })

  it('with senseless places of external data are refused', () => {
    const entry = (key: string, value: string) => new ProtoWriter().string(1, key).string(2, value)
    for (const offset of ['-4', '1e3', 'x', '99999999999999999999']) {
      const tensor = new ProtoWriter()
        .message(13, entry('location', 'w'))
        .message(13, entry('offset', offset))
      const bytes = new ProtoWriter().message(7, new ProtoWriter().message(5, tensor)).finish()
      expect(() => decodeOnnx(bytes)).toThrow(badFile(`the offset "${offset}"`))
    }
  })
})
