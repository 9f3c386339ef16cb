// Runs a compiled program in this process. `run()` of ONNX Runtime is a synchronous native call:
// use this inside a job's process; interactive callers go through `engine.ts`, which puts it in a
// process of its own.
import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node'
import { fail, SelmaError } from '../base/errors.ts'
import type { Program, ProgramValue } from './compile.ts'
import { providerError } from './device.ts'
import { type Dtype, sizeOf } from './graph.ts'
import { loadOnnxRuntime, type OnnxRuntime } from './load-onnxruntime.ts'
import { missingFor } from './provider-libraries.ts'
import { outputLocations, StateTensors } from './state-tensors.ts'

/** Numbers of a tensor, row-major. */
export type TensorData = Float32Array | BigInt64Array | Int32Array | Uint16Array | Uint8Array
/** Values by name, as fed or fetched. */
export type Feeds = Record<string, TensorData>

/** Execution providers by their ONNX Runtime names. */
export type Provider = 'cpu' | 'cuda' | 'webgpu'

export interface SessionOptions {
  /** Default 'cpu'. */
  provider?: Provider
  /** Threads of one operator; default `$SELMA_THREADS`, else ONNX Runtime's choice, the physical cores. */
  threads?: number
  /** 'all' suits small models; 'extended' makes no copies of kernels, and is the default of large ones. */
  optimization?: 'all' | 'extended' | 'basic' | 'disabled'
  /** Reuse one big block of memory between runs. Default true, but not for large models. */
  memoryPattern?: boolean
  /** Copy frozen weights into the order that the kernels like best. Default true, but not for large models. */
  prepacking?: boolean
  /** Write how long every node takes to a file whose name opens with this, when the session is released. */
  profile?: string
  /** Idle threads spin for a while: faster steps, but sessions side by side slow each other. Default true. */
  spinning?: boolean
}

/** What both the in-process session and the engine's proxy offer. */
export interface Session {
  readonly program: Pick<Program, 'inputs' | 'outputs' | 'states' | 'nodeCount'>
  /** One run: states advance, and the named outputs (default: all) come back. */
  run(feeds: Feeds, outputs?: readonly string[]): Promise<Feeds>
  /** Replaces a state's value (zeros at first). */
  setState(name: string, value: Float32Array): Promise<void>
  /** A copy of a state's value. */
  getState(name: string): Promise<Float32Array>
  release(): Promise<void>
}

/** Loads a program somewhere: in this process, or in an engine's. */
export type OpenSession = (program: Program, options?: SessionOptions) => Promise<Session>

type Ort = OnnxRuntime
type ProviderOption = InferenceSession.ExecutionProviderConfig
let loaded: Promise<Ort> | undefined

/** Loads ONNX Runtime at first use; its own warnings are kept off the notebook. */
export function onnxRuntime(): Promise<Ort> {
  loaded ??= loadOnnxRuntime().then((ort) => {
    ort.env.logLevel = 'fatal'
    return ort
  })
  loaded.catch(() => {
    loaded = undefined
  })
  return loaded
}

/**
 * Threads of one operator, as given, else `$SELMA_THREADS`; undefined leaves the choice to ONNX Runtime.
 *
 * @throws SelmaError `bad-input` when it is no whole number from 1 on
 */
export function operatorThreads(given?: number): number | undefined {
  const count = given ?? (process.env.SELMA_THREADS ? Number(process.env.SELMA_THREADS) : undefined)
  if (count !== undefined && !(Number.isInteger(count) && count > 0)) {
    fail(
      'bad-input',
      `bad number of threads: ${given ?? process.env.SELMA_THREADS}`,
      'a whole number from 1 on',
    )
  }
  return count
}

/** Bytes of mapped weights from which a model counts as large. */
export const LARGE_MODEL = 2 ** 28

/** Only WebGPU has tensors on the device, and only a state that a run replaces gains by it. */
const keepsOnDevice = ({ states }: Program, provider: Provider = 'cpu'): boolean =>
  provider === 'webgpu' && states.some(({ output }) => output !== undefined)

function providerOption({ precise = [] }: Program, provider: Provider): ProviderOption {
  // ONNX Runtime takes no empty list.
  if (provider !== 'webgpu' || precise.length === 0) return provider
  return { name: provider, forceCpuNodeNames: precise }
}

/** What to say when ONNX Runtime refuses: what the provider lacks, if it lacks something, else its own words. */
function refused(error: unknown, provider: Provider = 'cpu'): SelmaError {
  const message = String((error as Error)?.message ?? error)
  if (missingFor(provider).length > 0) return providerError(provider, message, error)
  return new SelmaError('engine', `ONNX Runtime cannot load this graph on ${provider}: ${message}`, {
    cause: error,
    hint: provider === 'cpu' ? undefined : "try device: 'cpu', or `selma doctor` for what works here",
  })
}

// Recomputed activations are equal to the first ones by design; merging them would undo checkpointing.
const unwanted = ['CommonSubexpressionElimination']

function sessionOptions(program: Program, options: SessionOptions): InferenceSession.SessionOptions {
  // Gigabytes of weights stay where they are, in their mapped file: copies would take as much memory again.
  const small = (program.mappedBytes ?? 0) < LARGE_MODEL
  const { provider = 'cpu', optimization = small ? 'all' : 'extended', memoryPattern = small } = options
  const { prepacking = small, spinning = true, profile } = options
  const threads = operatorThreads(options.threads)
  const session: Record<string, unknown> = {}
  if (program.folder !== undefined) session.model_external_initializers_file_folder_path = program.folder
  if (!prepacking) session.disable_prepacking = '1'
  if (!spinning) session.intra_op = { allow_spinning: '0' }
  return {
    executionProviders: [providerOption(program, provider)],
    graphOptimizationLevel: optimization,
    enableMemPattern: memoryPattern,
    ...(profile ? { enableProfiling: true, profileFilePrefix: profile } : {}),
    logSeverityLevel: 4,
    ...(keepsOnDevice(program, provider) ? { preferredOutputLocation: outputLocations(program) } : {}),
    ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
    extra: {
      session,
      optimization: {
        disable_specified_optimizers: (program.narrow ? [...unwanted, 'ConstantFolding'] : unwanted).join(
          ';',
        ),
      },
    },
  }
}

const arrays: Record<Dtype, new (length: number) => TensorData> = {
  float32: Float32Array,
  float16: Uint16Array,
  int64: BigInt64Array,
  int32: Int32Array,
  bool: Uint8Array,
}

function checkFeed(value: ProgramValue, data: TensorData | undefined): TensorData {
  if (!data) fail('bad-input', `the input ${value.name} [${value.shape}] was not fed`)
  if (data.length !== sizeOf(value.shape)) {
    fail(
      'mismatch',
      `the input ${value.name} takes [${value.shape}] = ${sizeOf(value.shape)} numbers, got ${data.length}`,
    )
  }
  if (!(data instanceof arrays[value.dtype])) {
    fail(
      'mismatch',
      `the input ${value.name} is ${value.dtype}, got a ${data.constructor.name}`,
      `feed a ${arrays[value.dtype].name}`,
    )
  }
  return data
}

/** A program loaded into ONNX Runtime, with its states. */
export class LocalSession implements Session {
  readonly program: Program
  readonly #ort: Ort
  readonly #session: InferenceSession
  readonly #states: StateTensors

  private constructor(ort: Ort, session: InferenceSession, program: Program, onDevice: boolean) {
    this.#ort = ort
    this.#session = session
    this.program = program
    this.#states = new StateTensors(ort, program.states, onDevice)
  }

  /** @throws SelmaError `engine` when ONNX Runtime refuses the model or the provider, with what is missing */
  static async create(program: Program, options: SessionOptions = {}): Promise<LocalSession> {
    const ort = await onnxRuntime()
    const { provider } = options
    if (provider === 'webgpu' && program.fused)
      fail(
        'unsupported',
        'this graph was not built for WebGPU',
        "build it with new Graph({ provider: 'webgpu' })",
      )
    try {
      const session = await ort.InferenceSession.create(program.model, sessionOptions(program, options))
      return new LocalSession(ort, session, program, keepsOnDevice(program, provider))
    } catch (error) {
      throw refused(error, provider)
    }
  }

  async run(feeds: Feeds, outputs?: readonly string[]): Promise<Feeds> {
    const { program } = this
    const inputs: Record<string, OrtTensor> = {}
    for (const value of program.inputs) {
      const data = checkFeed(value, feeds[value.name])
      // ONNX Runtime's types want a dtype name with its array; the pair is checked by the constructor.
      inputs[value.name] = new this.#ort.Tensor(value.dtype as 'float32', data as Float32Array, [
        ...value.shape,
      ])
    }
    for (const name of Object.keys(feeds)) {
      if (!Object.hasOwn(inputs, name))
        fail(
          'bad-input',
          `there is no input ${name}`,
          `the inputs are ${program.inputs.map((v) => v.name).join(', ')}`,
        )
    }
    const fetches: Record<string, OrtTensor | null> = {}
    const wanted = outputs ?? program.outputs.map((value) => value.name)
    for (const name of wanted) {
      if (!program.outputs.some((value) => value.name === name))
        fail(
          'bad-input',
          `there is no output ${name}`,
          `the outputs are ${program.outputs.map((value) => value.name).join(', ')}`,
        )
      fetches[name] = null
    }
    this.#states.feed(inputs, fetches)
    let results: InferenceSession.OnnxValueMapType
    try {
      results = await this.#session.run(inputs, fetches)
    } catch (error) {
      throw new SelmaError('engine', `ONNX Runtime failed: ${(error as Error).message}`, { cause: error })
    }
    this.#states.take(results)
    return Object.fromEntries(wanted.map((name) => [name, results[name].data as TensorData]))
  }

  async setState(name: string, value: Float32Array): Promise<void> {
    this.#states.set(name, value)
  }

  getState(name: string): Promise<Float32Array> {
    return this.#states.get(name)
  }

  async release(): Promise<void> {
    this.#states.dispose()
    await this.#session.release()
  }
}
