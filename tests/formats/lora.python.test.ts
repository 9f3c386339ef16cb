// diffusers and peft load what is saved here. Needs a Python with tests/golden/requirements.txt,
// named by SELMA_PYTHON (default python3).
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { deltaWeight } from '../../lib/formats/lora.ts'
import { loadLora, loraFormats, saveLora } from '../../lib/formats/lora-files.ts'
import { readSafetensorsSync } from '../../lib/formats/safetensors.ts'

const folder = mkdtempSync(join(tmpdir(), 'lora-python-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('what is saved here, loaded by its users', () => {
  it.each(loraFormats)('%s', { timeout: 120_000 }, async (format) => {
    const all = await loadLora('tests/golden/data/formats/lora/diffusers')
    const layers = new Map(all.layers)
    // diffusers' kohya reader keeps one alpha for all attention layers and loses the others: give it one.
    if (format === 'kohya') for (const [name, layer] of layers) layers.set(name, { ...layer, alpha: 5 })
    const path = await saveLora(join(folder, format), { layers, metadata: { note: 'kept' } }, { format })
    const deltas = join(folder, `${format}.safetensors`)
    const source = format === 'peft' ? join(folder, format) : path
    execFileSync(
      process.env.SELMA_PYTHON ?? 'python3',
      ['tests/golden/formats/read_lora.py', format, source, deltas],
      {
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    )
    const theirs = readSafetensorsSync(deltas)
    expect([...theirs.keys()].sort()).toEqual([...layers.keys()].sort())
    for (const [name, layer] of layers) {
      const ours = deltaWeight(layer)
      const { shape, data } = theirs.get(name)!
      expect(shape).toEqual(ours.shape)
      ours.data.forEach((x, i) => {
        expect(Math.abs(x - Number(data[i]))).toBeLessThan(1e-5)
      })
    }
  })
})
