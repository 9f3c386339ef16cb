// The values that a session keeps between runs. On the CPU (and on CUDA, for whose memory the Node binding has no
// tensors) they are arrays that a run reads and writes in place. On WebGPU what a run makes of a state stays on the
// device and is fed to the next one; only what is set or read passes through the CPU.
import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node'
import { fail } from '../base/errors.ts'
import { compile, type Program } from './compile.ts'
import { Graph, type Shape, sizeOf } from './graph.ts'
import type { OnnxRuntime } from './load-onnxruntime.ts'

const onDevice = (tensor: OrtTensor): boolean => tensor.location === 'gpu-buffer'

/** A copy of a tensor on the device. Reading one directly (`getData`) ends the process. */
async function readBack(ort: OnnxRuntime, tensor: OrtTensor, shape: Shape): Promise<Float32Array> {
  const graph = new Graph()
  graph.output('out', graph.input('in', shape))
  const session = await ort.InferenceSession.create(compile(graph).model, {
    executionProviders: ['webgpu'],
    logSeverityLevel: 4,
  })
  try {
    return (await session.run({ in: tensor })).out.data as Float32Array
  } finally {
    await session.release()
  }
}

export class StateTensors {
  readonly #ort: OnnxRuntime
  readonly #states: Program['states']
  readonly #tensors = new Map<string, OrtTensor>()
  readonly #device: boolean

  /** @param device whether states stay on the device: `outputLocations` must have been given to the session */
  constructor(ort: OnnxRuntime, states: Program['states'], device: boolean) {
    this.#ort = ort
    this.#states = states
    this.#device = device
    for (const { input, shape } of states) this.#put(input, new Float32Array(sizeOf(shape)), shape)
  }

  #put(name: string, value: Float32Array, shape: Shape): void {
    this.#tensors.set(name, new this.#ort.Tensor('float32', value, [...shape]))
  }

  #replace(name: string, next: OrtTensor): void {
    const old = this.#tensors.get(name)!
    if (onDevice(old)) old.dispose()
    this.#tensors.set(name, next)
  }

  #known(name: string): { tensor: OrtTensor; shape: Shape } {
    const state = this.#states.find(({ input }) => input === name)
    if (!state)
      return fail(
        'bad-input',
        `there is no state ${name}`,
        `the states are ${[...this.#tensors.keys()].join(', ')}`,
      )
    return { tensor: this.#tensors.get(name)!, shape: state.shape }
  }

  /** Adds the states to what a run is fed and fetches. */
  feed(inputs: Record<string, OrtTensor>, fetches: Record<string, OrtTensor | null>): void {
    for (const { input, output } of this.#states) {
      const tensor = this.#tensors.get(input)!
      inputs[input] = tensor
      if (output) fetches[output] = this.#device ? null : tensor
    }
  }

  /** Takes over what a run made of them. */
  take(results: InferenceSession.OnnxValueMapType): void {
    if (!this.#device) return
    for (const { input, output } of this.#states)
      if (output) this.#replace(input, results[output] as OrtTensor)
  }

  set(name: string, value: Float32Array): void {
    const { tensor, shape } = this.#known(name)
    const length = sizeOf(shape)
    if (value.length !== length)
      fail('mismatch', `the state ${name} holds ${length} numbers, got ${value.length}`)
    if (onDevice(tensor)) {
      tensor.dispose()
      this.#put(name, value.slice(), shape)
    } else (tensor.data as Float32Array).set(value)
  }

  async get(name: string): Promise<Float32Array> {
    const { tensor, shape } = this.#known(name)
    return onDevice(tensor) ? readBack(this.#ort, tensor, shape) : (tensor.data as Float32Array).slice()
  }

  /** Gives device memory back. */
  dispose(): void {
    for (const tensor of this.#tensors.values()) if (onDevice(tensor)) tensor.dispose()
    this.#tensors.clear()
  }
}

/** Where a WebGPU session is to leave its outputs: states on the device, the others where they can be read. */
export const outputLocations = ({ states, outputs }: Program): Record<string, 'cpu' | 'gpu-buffer'> => ({
  ...Object.fromEntries(outputs.map(({ name }) => [name, 'cpu' as const])),
  ...Object.fromEntries(states.flatMap(({ output }) => (output ? [[output, 'gpu-buffer' as const]] : []))),
})
