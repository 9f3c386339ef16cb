// Damages LoRA files, their configs and model configs in random places: what reads them must refuse with an error of
// the library's own, or give something whole.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SelmaError } from '../../lib/base/errors.ts'
import { Random } from '../../lib/base/random.ts'
import { parseConfig, unetConfig } from '../../lib/diffusion/config.ts'
import { checkLora, type Lora, type LoraLayer } from '../../lib/formats/lora.ts'
import { writeDiffusersLora } from '../../lib/formats/lora-diffusers.ts'
import { loadLora } from '../../lib/formats/lora-files.ts'
import { writeKohyaLora } from '../../lib/formats/lora-kohya.ts'
import { writePeftLora } from '../../lib/formats/lora-peft.ts'
import { encodeSafetensors, type SafetensorsTensor } from '../../lib/formats/safetensors.ts'
import { damage } from './safetensors-fuzz.ts'

const layer: LoraLayer = {
  down: { shape: [2, 3], data: new Float32Array(6).fill(1) },
  up: { shape: [4, 2], data: new Float32Array(8).fill(1) },
  alpha: 4,
}
const path = 'unet.mid_block.attentions.0.transformer_blocks.0.attn1'
const sample: Lora = {
  layers: new Map([
    [`${path}.to_q`, { ...layer, alpha: 1, magnitude: new Float32Array(4).fill(1) }],
    [`${path}.to_v`, layer],
  ]),
  metadata: { note: 'a' },
}
const written = [
  writeDiffusersLora(sample, 'F32'),
  writePeftLora(sample, 'F32'),
  writeKohyaLora(sample, 'F32'),
]
const config = JSON.stringify((written[1] as { config?: object }).config)

/** Another key, shape, dtype or number; or a tensor less, or one twice. */
function crooked(
  tensors: Record<string, SafetensorsTensor>,
  random: Random,
): Record<string, SafetensorsTensor> {
  const entries = Object.entries(tensors)
  const at = random.int(0, entries.length - 1)
  const [key, tensor] = entries[at]
  const cut = random.int(0, key.length - 1)
  const changes: (() => [string, SafetensorsTensor][])[] = [
    () => [],
    () => [
      [
        key.slice(0, cut) + random.pick(['', '.', 'x', '..', 'lora_', '(', '__proto__']) + key.slice(cut + 1),
        tensor,
      ],
    ],
    () => [[key, { ...tensor, shape: [...tensor.shape].reverse() }]],
    () => [[key, { ...tensor, shape: [1, ...tensor.shape, 1] }]],
    () => [[key, { dtype: 'F32', shape: [0, 3], data: new Float32Array(0) }]],
    () => [[key, { dtype: 'I64', shape: [1], data: BigInt64Array.of(5n) }]],
    () => [
      [key, { ...tensor, data: (tensor.data as Float32Array).map(() => random.pick([NaN, Infinity, -0])) }],
    ],
    () => [
      [key, tensor],
      [key.replace('lora_A', 'lora.down'), tensor],
    ],
    () => [
      [key, tensor],
      [random.pick(entries)[0].replace(/[^.]+$/, 'alpha'), tensor],
    ],
  ]
  return Object.fromEntries([...entries.slice(0, at), ...random.pick(changes)(), ...entries.slice(at + 1)])
}

/** JSON text with a piece changed. */
function damagedText(text: string, random: Random): string {
  const at = random.int(0, text.length - 1)
  const piece = random.pick(['"', '{', '}', ',', 'null', '-1', '1e999', '[]', '"(":1,', 'true', '\\u0000'])
  return text.slice(0, at) + piece + text.slice(at + random.int(0, 6))
}

/**
 * Reads `count` damaged files from `folder`. Anything but a SelmaError or a LoRA whose parts fit is thrown on.
 *
 * @param model text of a UNet's config.json
 */
export async function mutateLoras(
  count: number,
  seed: number,
  { folder, model }: { folder: string; model: string },
): Promise<{ refused: number; accepted: number }> {
  const random = new Random(seed)
  const file = join(folder, 'adapter_model.safetensors')
  let refused = 0
  for (let i = 0; i < count; i++) {
    const { tensors, metadata } = random.pick(written)
    const kind = random.int(0, 4)
    let text = config
    let bytes: Uint8Array
    if (kind === 0) bytes = damage(encodeSafetensors(tensors, metadata), random)
    else if (kind === 1) bytes = encodeSafetensors(crooked(tensors, random), metadata)
    else {
      const notes = Object.entries(metadata).map(([key, value]) => [
        key,
        kind === 2 ? damagedText(value, random) : value,
      ])
      bytes = encodeSafetensors(kind === 3 ? written[1].tensors : tensors, Object.fromEntries(notes))
      if (kind === 3) text = damagedText(config, random)
    }
    writeFileSync(file, bytes)
    writeFileSync(join(folder, 'adapter_config.json'), text)
    const changed = kind === 4 ? damagedText(model, random) : undefined
    try {
      if (changed === undefined) checkLora(await loadLora(folder))
      else {
        let value: unknown
        try {
          value = JSON.parse(changed)
        } catch {
          refused++
          continue
        }
        parseConfig(unetConfig, value, 'config.json')
      }
    } catch (error) {
      if (!(error instanceof SelmaError) || error.message.length > 20_000)
        throw new Error(`file ${i} of seed ${seed}, kind ${kind}: ${changed ?? text}`, { cause: error })
      refused++
    }
  }
  return { refused, accepted: count - refused }
}
