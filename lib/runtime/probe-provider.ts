// Whether a provider works on this machine, tried for real in a process of its own (`provider-probe.ts`), and why it
// does not. What was found is kept for this process. Not the choice between providers: that is `device.ts`.
import { execFile } from 'node:child_process'
import { nodeArguments, ownModule } from '../base/own-file.ts'

/** A product of two 512 × 512 matrices, with the way to the device and back. */
export type ProbeResult =
  | { works: true; milliseconds: number; gigaflops: number }
  | { works: false; reason: string }

/** A first use of a GPU may compile its programs. */
const PATIENCE = 120_000

function tryProvider(provider: string): Promise<ProbeResult> {
  const args = [...nodeArguments(ownModule('./provider-probe.ts', import.meta.url)), provider]
  return new Promise((done) => {
    execFile(process.execPath, args, { timeout: PATIENCE, killSignal: 'SIGKILL' }, (error, stdout) => {
      try {
        done(JSON.parse(stdout) as ProbeResult)
      } catch {
        const how = error?.killed
          ? `did not answer within ${PATIENCE / 1000} s`
          : `ended (${error?.signal ?? error?.code})`
        done({ works: false, reason: `the process that tried it ${how}` })
      }
    })
  })
}

const known = new Map<string, Promise<ProbeResult>>()

/**
 * Tries a provider by computing with it.
 *
 * @param provider by its ONNX Runtime name
 * @param options.again instead of answering what was found before
 */
export function probeProvider(provider: string, { again = false } = {}): Promise<ProbeResult> {
  const before = again ? undefined : known.get(provider)
  const result = before ?? tryProvider(provider)
  known.set(provider, result)
  return result
}

/** The telling part of ONNX Runtime's message: no paths of its own sources, one line. */
export function shortReason(reason: string): string {
  const [line] = reason.trim().split('\n')
  return line.replace(/^\S*onnxruntime_src\S*:\d+ .* was false\. /, '').slice(0, 200)
}
