// What a training run trades between time and memory: which copies of frozen weights there are, what is computed
// again in the backward pass, and how the session is opened. The measurements are in docs/performance.md.
import type { Checkpoint } from '../diffusion/checkpoint.ts'
import { type ConvOptions, LARGE_MODEL, type SessionOptions } from '../runtime/index.ts'
import type { ResolvedTrainOptions } from './options.ts'

/**
 * `fast`: flipped copies of all convolution kernels. `balanced`: copies of the small ones only; activations between
 * matrix products are computed again. `low`: no copies, every block is computed again, and what is done with is free.
 */
export const memoryModes = ['fast', 'balanced', 'low'] as const
export type MemoryMode = (typeof memoryModes)[number]

export interface MemoryPlan {
  /** See `Graph.lean`. */
  lean: boolean
  /** Whether blocks are computed again in the backward pass. */
  checkpointing: boolean
  inputGradient: ConvOptions['inputGradient']
  session: SessionOptions
  /** See `CompileOptions`. */
  hideShapes: boolean
}

const mapped: SessionOptions = { optimization: 'extended', memoryPattern: false, prepacking: false }
/** What each mode means. */
const memoryPlans: Record<MemoryMode, MemoryPlan> = {
  fast: {
    lean: true,
    checkpointing: false,
    inputGradient: 'flip',
    hideShapes: false,
    session: { ...mapped, prepacking: true },
  },
  balanced: {
    lean: true,
    checkpointing: false,
    inputGradient: 'sized',
    hideShapes: false,
    session: mapped,
  },
  low: { lean: true, checkpointing: true, inputGradient: 'transpose', hideShapes: true, session: mapped },
}

/**
 * Bytes of weights up to which 'fast' lets ONNX Runtime lay convolution kernels out in blocks of channels: a tenth
 * faster at 560 MB. At 3.4 GB it is no faster, and takes 3 GB more and ten seconds to begin.
 */
const BLOCKED_UP_TO = 2 ** 30

/** The plan that the options name. A small model for which none is named keeps everything: there is room. */
export function memoryPlan(
  { unet }: Pick<Checkpoint, 'unet'>,
  { memory, gradientCheckpointing }: Pick<ResolvedTrainOptions, 'memory' | 'gradientCheckpointing'>,
): MemoryPlan {
  const bytes = [...unet.weights.tensors.values()].reduce((sum, { length }) => sum + length, 0)
  const small: MemoryPlan = {
    lean: false,
    checkpointing: false,
    inputGradient: 'flip',
    hideShapes: false,
    session: {},
  }
  const plan = memory ? memoryPlans[memory] : bytes < LARGE_MODEL ? small : memoryPlans.balanced
  const blocked = memory === 'fast' && bytes <= BLOCKED_UP_TO
  return {
    ...plan,
    checkpointing: gradientCheckpointing ?? plan.checkpointing,
    session: blocked ? { ...plan.session, optimization: 'all' } : plan.session,
  }
}
