// The experts of a merge mixer in numbers for its page: norms of each layer, angles, signs. Gives way to other work.
import { setImmediate } from 'node:timers/promises'
import type { Lora } from '../../../lib/formats/lora.ts'
import { loraStats, pairwiseCosine, signConflict } from '../../../lib/merging/index.ts'
import type { ExpertNumbers } from '../../../lib/messages/views/merge-mixer.ts'

/** A number as JSON has it, as exact as a page needs it. */
const plain = (value: number): number | null => (Number.isFinite(value) ? Number(value.toPrecision(6)) : null)

/** @throws SelmaError `mismatch` for experts of other layers; the signal's reason when it aborts */
export async function expertNumbersOf(loras: readonly Lora[], signal: AbortSignal): Promise<ExpertNumbers> {
  const norms: (number | null)[][] = []
  for (const lora of loras) {
    await setImmediate()
    signal.throwIfAborted()
    norms.push(loraStats(lora).layers.map(({ norm }) => plain(norm)))
  }
  await setImmediate()
  const cosine = pairwiseCosine(loras).map((row) => row.map(plain))
  const conflict = (await signConflict(loras, { signal })).map((row) => row.map(plain))
  return { layers: [...loras[0].layers.keys()], norms, cosine, conflict }
}
