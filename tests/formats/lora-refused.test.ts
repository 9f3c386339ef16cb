// LoRA files that are refused, and what is said of them.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { copyFile, mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { loadLora, saveLora } from '../../lib/formats/lora-files.ts'
import { writeSafetensors } from '../../lib/formats/safetensors.ts'

const golden = 'tests/golden/data/formats/lora'
const folder = mkdtempSync(join(tmpdir(), 'lora-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('files that are not a LoRA as read here', () => {
  const t = (...shape: number[]) => ({
    dtype: 'F32' as const,
    shape,
    data: new Float32Array(shape.reduce((n, d) => n * d, 1)),
  })
  it.each<[string, Record<string, ReturnType<typeof t>>]>([
    [
      'a magnitude of shape [3] for 2 output rows',
      {
        'unet.a.lora_A.weight': t(1, 2),
        'unet.a.lora_B.weight': t(2, 1),
        'unet.a.lora_magnitude_vector': t(3),
      },
    ],
    [
      'dora_scale of unet.a has the shape [1,4]',
      {
        'unet.a.lora_A.weight': t(1, 4),
        'unet.a.lora_B.weight': t(4, 1),
        'unet.a.dora_scale': t(1, 4),
      },
    ],
    [
      'dora_scale of unet.conv_in has the shape [1,4]',
      {
        'lora_unet_conv_in.lora_down.weight': t(1, 4),
        'lora_unet_conv_in.lora_up.weight': t(4, 1),
        'lora_unet_conv_in.dora_scale': t(1, 4),
      },
    ],
    [
      'a magnitude of shape [1,4] for 4 output rows',
      {
        'unet.a.lora_A.weight': t(1, 4),
        'unet.a.lora_B.weight': t(4, 1),
        'unet.a.lora_magnitude_vector': t(1, 4),
      },
    ],
    ['and 5 more', Object.fromEntries(Array.from({ length: 15 }, (_, i) => [`strange${i}`, t(1)]))],
    ['lora_unet_strange_thing.lora_down.weight', { 'lora_unet_strange_thing.lora_down.weight': t(1, 2) }],
    ['hada_w1_a', { 'lora_unet_conv_in.hada_w1_a': t(1, 2) }],
    ['unet.a has no up (B) matrix', { 'unet.a.lora_A.weight': t(1, 2) }],
    ['unet.a has no down (A) matrix', { 'a.lora_B.weight': t(1, 2) }],
    ['given twice', { 'unet.a.lora_A.weight': t(1, 2), 'unet.a.lora.down.weight': t(1, 2) }],
    [
      'rank 1 but an up matrix of rank 2',
      { 'unet.a.lora_A.weight': t(1, 2), 'unet.a.lora_B.weight': t(2, 2) },
    ],
    ['rank 0', { 'unet.a.lora_A.weight': t(0, 2), 'unet.a.lora_B.weight': t(2, 0) }],
    ['shape [2]', { 'unet.a.lora_A.weight': t(2), 'unet.a.lora_B.weight': t(2, 2) }],
    ['shape [2,1,3,3]', { 'unet.a.lora_A.weight': t(1, 2, 3, 3), 'unet.a.lora_B.weight': t(2, 1, 3, 3) }],
    ['no LoRA layers', {}],
    ['not one finite number', { 'lora_unet_conv_in.alpha': t(2) }],
  ])('%s', async (message, tensors) => {
    const path = join(folder, 'wrong.safetensors')
    await writeSafetensors(path, tensors)
    await expect(loadLora(path)).rejects.toThrow(message)
    await expect(loadLora(path)).rejects.toMatchObject({ code: 'bad-file' })
  })

  it('refuses other adapters and broken configs', async () => {
    const target = join(folder, 'config')
    await saveLora(target, await loadLora(`${golden}/peft`), { format: 'peft' })
    const path = join(target, 'adapter_config.json')
    const config = JSON.parse(readFileSync(path, 'utf8'))
    const given = (change: object) => writeFileSync(path, JSON.stringify({ ...config, ...change }))
    given({ peft_type: 'LOHA' })
    await expect(loadLora(target)).rejects.toThrow('type LOHA')
    given({ lora_alpha: 'much' })
    await expect(loadLora(target)).rejects.toThrow('lora_alpha')
    given({ alpha_pattern: { '(': 1 } })
    await expect(loadLora(target)).rejects.toThrow('"("')
    writeFileSync(path, '{')
    await expect(loadLora(target)).rejects.toThrow('is not JSON')
  })

  it('says what a folder lacks', async () => {
    const target = join(folder, 'many')
    await mkdir(target)
    await expect(loadLora(target)).rejects.toThrow('has no safetensors files')
    for (const name of ['a', 'b'])
      await copyFile(`${golden}/kohya.safetensors`, join(target, `${name}.safetensors`))
    await expect(loadLora(target)).rejects.toMatchObject({ hint: 'name one of a.safetensors, b.safetensors' })
    await expect(loadLora(join(folder, 'nothing'))).rejects.toMatchObject({ code: 'not-found' })
  })
})
