// Which execution provider computes: what the user asks for, and what that comes to on this machine. Only 'auto' ever
// chooses another one; a provider that was asked for and does not work is an error that says what is missing.
import { fail, SelmaError } from '../base/errors.ts'
import { probeProvider, shortReason } from './probe-provider.ts'
import { isInstalled, missingFor, otherwise } from './provider-libraries.ts'
import type { Provider } from './session.ts'

/** Execution providers by their ONNX Runtime names. */
export const providers = ['cpu', 'cuda', 'webgpu'] as const satisfies readonly Provider[]
/** What can be asked for: a provider, or the best that works. */
export const devices = [...providers, 'auto'] as const
export type Device = (typeof devices)[number]

/**
 * How fast a provider must be beside the CPU, in a product of 512 × 512 matrices and back, to be a GPU. Software
 * adapters reach 1/170 of it and less.
 */
const LEAST_SHARE = 1 / 10

/** Why a provider does not work here, with the fix. */
export function providerError(provider: string, reason: string, cause?: unknown): SelmaError {
  const missing = missingFor(provider)
  const what =
    missing.length > 0 ? `missing: ${missing.map(({ what }) => what).join(', ')}` : shortReason(reason)
  const fixes = missing.length > 0 ? missing.map(({ fix }) => fix) : [otherwise(provider)]
  return new SelmaError('engine', `device '${provider}' does not work here: ${what}`, {
    hint: `${fixes.join('; ')}. \`selma doctor\` shows what works; device: 'cpu' always does`,
    cause,
  })
}

/** The best that works: CUDA, else WebGPU on something that is no software adapter, else the CPU. */
async function best(): Promise<Provider> {
  if (isInstalled('cuda') && (await probeProvider('cuda')).works) return 'cuda'
  const gpu = await probeProvider('webgpu')
  if (!gpu.works) return 'cpu'
  const cpu = await probeProvider('cpu')
  return cpu.works && gpu.gigaflops < cpu.gigaflops * LEAST_SHARE ? 'cpu' : 'webgpu'
}

/**
 * The provider that a device comes to. What was found out is kept for this process; the CPU is not tried.
 *
 * @param device default `$SELMA_DEVICE`, else 'cpu'
 * @throws SelmaError `bad-input` for an unknown device; `engine` when the provider that was asked for does not work,
 *   with what is missing and the fix
 */
export async function resolveDevice(device?: string): Promise<Provider> {
  const asked = device ?? (process.env.SELMA_DEVICE || 'cpu')
  if (!(devices as readonly string[]).includes(asked))
    fail('bad-input', `unknown device ${JSON.stringify(asked)}`, `choose one of ${devices.join(', ')}`)
  if (asked === 'cpu') return 'cpu'
  if (asked === 'auto') return best()
  // What is not there needs no process to be tried.
  if (!isInstalled(asked)) throw providerError(asked, '')
  const result = await probeProvider(asked)
  if (!result.works) throw providerError(asked, result.reason)
  return asked as Provider
}
