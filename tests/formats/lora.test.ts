import { mkdtempSync, rmSync } from 'node:fs'
import { copyFile, mkdir, readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { checkLora, deltaWeight, type Lora, loraRank, loraScale } from '../../lib/formats/lora.ts'
import { type LoraFormat, loadLora, saveLora } from '../../lib/formats/lora-files.ts'
import {
  readSafetensorsHeader,
  readSafetensorsSync,
  writeSafetensors,
} from '../../lib/formats/safetensors.ts'

const golden = 'tests/golden/data/formats/lora'
const folder = mkdtempSync(join(tmpdir(), 'lora-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Relative error of each layer's weight change against what peft computed. */
function worstError(lora: Lora, file: string, scale: (name: string) => number = () => 1): number {
  const expected = readSafetensorsSync(`${golden}/${file}`)
  expect([...lora.layers.keys()].sort()).toEqual([...expected.keys()].sort())
  let worst = 0
  for (const [name, { shape, data }] of expected) {
    const ours = deltaWeight(lora.layers.get(name)!)
    expect(ours.shape).toEqual(shape)
    let error = 0
    let norm = 0
    const wanted = data as Float32Array
    for (let i = 0; i < wanted.length; i++) {
      error += (ours.data[i] * scale(name) - wanted[i]) ** 2
      norm += wanted[i] ** 2
    }
    worst = Math.max(worst, Math.sqrt(error / norm))
  }
  return worst
}

describe('loading what others wrote', () => {
  it('reads diffusers, with ranks and alphas by pattern', async () => {
    const lora = await loadLora(`${golden}/diffusers`)
    checkLora(lora)
    expect(worstError(lora, 'deltas.safetensors')).toBeLessThan(1e-6)
    expect(new Set([...lora.layers.values()].map(loraRank))).toEqual(new Set([1, 2, 3]))
    expect(new Set([...lora.layers.values()].map((layer) => layer.alpha))).toEqual(new Set([3, 0.5, 8]))
    expect(
      [...lora.layers.values()].filter((layer) => layer.kernel).map((layer) => layer.kernel),
    ).toContainEqual([3, 3])
    expect(lora.metadata).toEqual({})
  })

  it('reads the older spelling, which records no alpha', async () => {
    const lora = await loadLora(`${golden}/diffusers-old/pytorch_lora_weights.safetensors`)
    for (const layer of lora.layers.values()) expect(loraScale(layer)).toBe(1)
    const scales = (await loadLora(`${golden}/diffusers`)).layers
    expect(worstError(lora, 'deltas.safetensors', (name) => loraScale(scales.get(name)!))).toBeLessThan(1e-6)
  })

  it('reads kohya', async () => {
    const lora = await loadLora(`${golden}/kohya.safetensors`)
    expect(worstError(lora, 'deltas.safetensors')).toBeLessThan(1e-6)
    expect(lora.metadata).toEqual({ ss_network_module: 'networks.lora' })
  })

  it('reads a PEFT folder, rank-stabilised', async () => {
    const lora = await loadLora(`${golden}/peft`)
    expect(worstError(lora, 'peft-deltas.safetensors')).toBeLessThan(1e-6)
    const other = await loadLora(`${golden}/peft`, { component: 'transformer' })
    expect([...other.layers.keys()].every((name) => name.startsWith('transformer.'))).toBe(true)
  })

  it('takes alpha = rank from a PEFT file without its config', async () => {
    const alone = join(folder, 'alone')
    await mkdir(alone)
    await copyFile(`${golden}/peft/adapter_model.safetensors`, join(alone, 'adapter_model.safetensors'))
    for (const layer of (await loadLora(alone)).layers.values()) expect(layer.alpha).toBe(4)
  })

  it('reads the attention-processor spelling of the first diffusers LoRAs, without component', async () => {
    const path = join(folder, 'processor.safetensors')
    const pair = (module: string) => ({
      [`${module}.down.weight`]: {
        dtype: 'F16' as const,
        shape: [1, 2],
        data: Uint16Array.of(0x3c00, 0x4000),
      },
      [`${module}.up.weight`]: { dtype: 'F16' as const, shape: [2, 1], data: Uint16Array.of(0x3c00, 0x3c00) },
    })
    await writeSafetensors(path, {
      ...pair('mid_block.attentions.0.transformer_blocks.0.attn1.processor.to_out_lora'),
      ...pair('text_encoder.text_model.encoder.layers.0.self_attn.to_q_lora'),
      ...pair('text_encoder.text_model.encoder.layers.0.mlp.fc1.lora_linear_layer'),
    })
    const { layers } = await loadLora(path)
    expect([...layers.keys()].sort()).toEqual([
      'text_encoder.text_model.encoder.layers.0.mlp.fc1',
      'text_encoder.text_model.encoder.layers.0.self_attn.q_proj',
      'unet.mid_block.attentions.0.transformer_blocks.0.attn1.to_out.0',
    ])
    for (const layer of layers.values()) expect([...deltaWeight(layer).data]).toEqual([1, 2, 1, 2])
  })
})

describe('saving', () => {
  it.each<LoraFormat>(['diffusers', 'peft', 'kohya'])('%s comes back the same', async (format) => {
    const lora = await loadLora(`${golden}/diffusers`)
    const target = join(folder, format)
    await saveLora(target, { ...lora, metadata: { note: 'é' } }, { format })
    const back = await loadLora(target)
    expect(Object.fromEntries(back.layers)).toEqual(Object.fromEntries(lora.layers))
    if (format === 'kohya')
      expect(back.metadata).toMatchObject({ ss_network_module: 'networks.lora', note: 'é' })
    else expect(back.metadata).toEqual({ note: 'é' })
    expect((await readdir(target)).filter((name) => name.endsWith('.tmp'))).toEqual([])
  })

  it('writes the keys and the config that diffusers writes', async () => {
    const theirs = await readSafetensorsHeader(`${golden}/diffusers/pytorch_lora_weights.safetensors`)
    await saveLora(join(folder, 'same'), await loadLora(`${golden}/diffusers`))
    const ours = await readSafetensorsHeader(join(folder, 'same/pytorch_lora_weights.safetensors'))
    expect([...ours.tensors]).toEqual(
      [...theirs.tensors].map(([name, entry]) => [name, { ...entry, offset: expect.any(Number) }]),
    )
    const config = JSON.parse(ours.metadata.lora_adapter_metadata)
    const known = JSON.parse(theirs.metadata.lora_adapter_metadata)
    for (const key of Object.keys(config)) expect(Object.keys(known)).toContain(key)
    expect([config['unet.r'], config['unet.lora_alpha']]).toEqual([2, 3])
  })

  it('rounds to half precision when asked, and keeps a fractional alpha', async () => {
    const lora = await loadLora(`${golden}/kohya.safetensors`)
    for (const layer of lora.layers.values()) layer.alpha = 1 / 3
    for (const dtype of ['F16', 'BF16'] as const) {
      const path = await saveLora(join(folder, `${dtype}.safetensors`), lora, { format: 'kohya', dtype })
      const file = readSafetensorsSync(path)
      expect(new Set([...file.values()].map((t) => t.dtype))).toEqual(new Set([dtype, 'F32']))
      const [name, layer] = [...(await loadLora(path)).layers][0]
      expect(layer.alpha).toBe(Math.fround(1 / 3))
      const before = lora.layers.get(name)!.down.data
      layer.down.data.forEach((x, i) => {
        expect(Math.abs(x - before[i])).toBeLessThanOrEqual(Math.abs(before[i]) * 2 ** -8)
      })
    }
  })

  it.each<LoraFormat>(['diffusers', 'peft', 'kohya'])('DoRA as %s comes back the same', async (format) => {
    const { layers } = await loadLora(`${golden}/diffusers`)
    for (const [name, layer] of layers) {
      const magnitude = Float32Array.from({ length: layer.up.shape[0] }, (_, i) => i + 0.5)
      layers.set(name, { ...layer, magnitude })
    }
    const target = join(folder, `dora-${format}`)
    const path = await saveLora(target, { layers, metadata: {} }, { format })
    expect(Object.fromEntries((await loadLora(target)).layers)).toEqual(Object.fromEntries(layers))
    const keys = [...(await readSafetensorsHeader(path)).tensors.keys()]
    const suffix = format === 'kohya' ? '.dora_scale' : '.lora_magnitude_vector'
    expect(keys.filter((key) => key.endsWith(suffix))).toHaveLength(layers.size)
  })

  it("kohya's SDXL file has the original UNet's names and says what it is", async () => {
    const [layer] = [...(await loadLora(`${golden}/peft`)).layers.values()]
    const names = [
      'unet.down_blocks.1.attentions.0.transformer_blocks.1.attn1.to_q',
      'text_encoder_2.text_model.encoder.layers.0.mlp.fc1',
    ]
    const lora = { layers: new Map(names.map((name) => [name, layer])), metadata: { selma_expert: 'count' } }
    const path = await saveLora(join(folder, 'xl.safetensors'), lora, { format: 'kohya' })
    const { tensors, metadata } = await readSafetensorsHeader(path)
    expect([...tensors.keys()].filter((key) => key.endsWith('.alpha')).sort()).toEqual([
      'lora_te2_text_model_encoder_layers_0_mlp_fc1.alpha',
      'lora_unet_input_blocks_4_1_transformer_blocks_1_attn1_to_q.alpha',
    ])
    expect(metadata).toMatchObject({
      ss_network_dim: '4',
      'modelspec.architecture': 'stable-diffusion-xl-v1-base/lora',
      'modelspec.title': 'count',
    })
    expect([...(await loadLora(path)).layers.keys()].sort()).toEqual(names.sort())
  })

  it.each([
    [768, { 'modelspec.architecture': 'stable-diffusion-v1/lora' }],
    [1024, { ss_v2: 'True' }],
    [32, {}],
  ])(
    "kohya's file for text states of %i numbers says its model where that is known",
    async (width, notes) => {
      const layer = {
        down: { shape: [1, width], data: new Float32Array(width) },
        up: { shape: [2, 1], data: new Float32Array(2) },
        alpha: 1,
      }
      const name = 'unet.mid_block.attentions.0.transformer_blocks.0.attn2.to_k'
      const path = join(folder, `kohya-${width}.safetensors`)
      await saveLora(path, { layers: new Map([[name, layer]]), metadata: {} }, { format: 'kohya' })
      const { metadata } = await readSafetensorsHeader(path)
      const { 'modelspec.architecture': _, ss_v2: __, ...rest } = metadata
      expect(metadata).toEqual({ ...rest, ...notes })
      expect(rest).toHaveProperty('ss_network_dim')
    },
  )

  it('refuses what a format cannot hold', async () => {
    const lora = await loadLora(`${golden}/peft`)
    const [layer] = lora.layers.values()
    const two = new Map([
      ['unet.a', layer],
      ['text_encoder.b', layer],
    ])
    await expect(saveLora(folder, { layers: two, metadata: {} }, { format: 'peft' })).rejects.toThrow(
      'unet and text_encoder',
    )
    await expect(saveLora(folder, { layers: two, metadata: {} }, { format: 'kohya' })).rejects.toThrow(
      'no name for the module unet.a',
    )
    await expect(saveLora(folder, lora, { format: 'onnx' as LoraFormat })).rejects.toMatchObject({
      hint: 'choose diffusers, peft, kohya',
    })
    await expect(saveLora(join(folder, 'x.safetensors'), lora, { format: 'peft' })).rejects.toThrow(
      'names a file',
    )
    await expect(saveLora(folder, { layers: new Map(), metadata: {} })).rejects.toThrow('no layers')
    const crooked = { ...layer, up: { shape: [5, 7], data: new Float32Array(35) } }
    await expect(saveLora(folder, { layers: new Map([['unet.a', crooked]]), metadata: {} })).rejects.toThrow(
      'rank 7',
    )
  })
})
