// What `selma merge` does; loaded when it is called.
import { basename, resolve } from 'node:path'
import { loadLora, saveLora } from '../../lib/formats/lora-files.ts'
import { type MergeOptions, merge, mergeInfo } from '../../lib/merging/index.ts'
import { resolveOptions } from '../../lib/merging/options.ts'
import type { MergeCommandOptions } from './merge.ts'
import type { Answer } from './perform.ts'
import { publish, targetFor } from './publish.ts'

export async function runMerge(experts: readonly string[], options: MergeCommandOptions): Promise<Answer> {
  const { out, density, majoritySign, rank, seed, weights, format, dtype } = options
  const ids = options.ids ?? experts.map((path) => basename(resolve(path)))
  const settings: MergeOptions = {
    method: options.method as never,
    ids,
    seed,
    density,
    majoritySign,
    rank,
    weights,
  }
  resolveOptions(settings, experts.length)
  const target = await targetFor(out, { force: options.force, inputs: experts })
  const loras = await Promise.all(experts.map((path) => loadLora(path)))
  const merged = merge(loras, settings)
  const name = options.name ?? basename(resolve(out))
  const lora = { ...merged, metadata: { ...merged.metadata, selma_expert: name } }
  const state = await publish(target, (temporary) => saveLora(temporary, lora, { format, dtype }))
  const ranks = [...new Set([...merged.layers.values()].map(({ down }) => down.shape[0]))]
  const info = mergeInfo(merged)
  const cut = info?.cut ? `, rank cut loses at most ${(info.cut.worst * 100).toFixed(1)} % of a layer` : ''
  return {
    text: `${experts.length} experts merged by ${options.method} in ${out}: ${merged.layers.size} layers, rank ${ranks.join(', ')}${cut}`,
    document: { out: target.path, output: state, layers: merged.layers.size, ranks, merge: info },
  }
}
