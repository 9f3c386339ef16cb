// What `selma doctor` says about ONNX Runtime: each provider that this build of it knows is tried for real, in a
// process of its own.
import { providers } from '../../lib/runtime/device.ts'
import { loadOnnxRuntime } from '../../lib/runtime/load-onnxruntime.ts'
import { probeProvider, shortReason } from '../../lib/runtime/probe-provider.ts'
import { missingFor, otherwise } from '../../lib/runtime/provider-libraries.ts'
import type { Check } from './doctor-check.ts'

export async function checkProviders(): Promise<Check[]> {
  let names: string[]
  try {
    names = (await loadOnnxRuntime()).listSupportedBackends().map(({ name }) => name)
  } catch (error) {
    const found = (error as Error).message.split('\n')[0]
    return [{ name: 'ONNX Runtime', state: 'failed', found, fix: otherwise('cpu') }]
  }
  const checks: Check[] = []
  // One after another: side by side they would slow each other.
  for (const provider of providers.filter((one) => names.includes(one))) {
    const name = `ONNX Runtime ${provider}`
    const result = await probeProvider(provider, { again: true })
    if (result.works) {
      const { milliseconds, gigaflops } = result
      const speed = gigaflops < 10 ? gigaflops.toFixed(2) : gigaflops.toFixed(0)
      const found = `runs: a 512×512 product in ${milliseconds.toFixed(1)} ms (${speed} GFLOP/s)`
      checks.push({ name, state: 'ok', found })
      continue
    }
    const missing = missingFor(provider)
    const reason =
      missing.length > 0 ? missing.map(({ what }) => what).join(', ') : shortReason(result.reason)
    const found = missing.length > 0 ? `does not run, missing: ${reason}` : `does not run: ${reason}`
    const fix = missing.map(({ fix }) => fix).join('; ') || otherwise(provider)
    checks.push({ name, state: provider === 'cpu' ? 'failed' : 'missing', found, fix })
  }
  return checks
}
