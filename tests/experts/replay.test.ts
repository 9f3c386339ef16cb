// Training runs recorded by PyTorch with diffusers and peft, replayed: the loss curve, the gradients' norms and the final
// weights, for Stable Diffusion 1.x, 2.x and XL and for every switch of training.
import { existsSync } from 'node:fs'
import { cp, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { readJson, writeJson } from '../../lib/base/files.ts'
import { replayTraining } from '../../lib/experts/index.ts'
import {
  type ReadTensor,
  readSafetensorsSync,
  SafetensorsFile,
  writeSafetensors,
} from '../../lib/formats/safetensors.ts'
import { newRoot, rejection, removeRoots } from '../jobs/support/help.ts'
import { expectClose, Golden, goldenPath, relativeError } from '../support/golden.ts'

afterAll(removeRoots)

const cases = (await readdir(goldenPath('recordings'))).filter((name) => !name.includes('.'))
const modelOf = (name: string): string =>
  goldenPath(`tiny-${{ 'sd21-v': 'sd21-v', sdxl: 'sdxl', 'snr-v': 'sd21-v' }[name] ?? 'sd15'}`)

async function tensorsOf(path: string): Promise<Record<string, ReadTensor>> {
  return Object.fromEntries(readSafetensorsSync(path))
}

/** A golden recording; all but the first share their latents, noise and timesteps, of which they take the first ones. */
async function recordingOf(name: string): Promise<string> {
  const folder = goldenPath('recordings', name)
  const dir = join(await newRoot(), 'recording')
  const path = join(dir, 'recording.safetensors')
  await cp(folder, dir, { recursive: true })
  const tensors = await tensorsOf(path)
  if ('latents' in tensors) return path
  const { prompts } = (await readJson(join(dir, 'recording.json'))) as { prompts: string[] }
  for (const [key, { dtype, shape, data }] of Object.entries(
    await tensorsOf(goldenPath('recordings', 'shared.safetensors')),
  )) {
    const [steps, batch, ...rest] = shape
    const row = rest.reduce((product, size) => product * size, 1)
    const parts = Array.from({ length: steps }, (_, step) =>
      Array.from(
        data.slice(step * batch * row, (step * batch + prompts.length) * row) as ArrayLike<number | bigint>,
      ),
    )
    const kept =
      dtype === 'I64'
        ? BigInt64Array.from(parts.flat() as bigint[])
        : Float32Array.from(parts.flat() as number[])
    tensors[key] = { dtype, shape: [steps, prompts.length, ...rest], data: kept }
  }
  await writeSafetensors(path, tensors as never)
  return path
}

/** Final weights by PEFT's key, as the recording has them. */
function written(out: string): Record<string, ArrayLike<number>> {
  const found: Record<string, ArrayLike<number>> = {}
  for (const [key, { data }] of readSafetensorsSync(join(out, 'adapter_model.safetensors')))
    found[`final.${key}`] = data as Float32Array
  const text = join(out, 'text_encoder', 'adapter_model.safetensors')
  if (existsSync(text))
    for (const [key, { data }] of readSafetensorsSync(text))
      found[`final.${key.replace('base_model.model.', 'base_model.model.text_encoder.')}`] =
        data as Float32Array
  return found
}

describe('recordings of PyTorch', () => {
  it.each(cases)('%s', { timeout: 120_000 }, async (name) => {
    const out = join(await newRoot(), 'out')
    const replay = await recordingOf(name)
    const { losses, gradientNorms } = await replayTraining({ model: modelOf(name), replay, out })
    const golden = new Golden(`recordings/${name}/expected`)
    const found = { losses, grad_norms: gradientNorms, ...written(out) }
    expect(Object.keys(found).sort()).toEqual(golden.names().sort())
    expectClose(found, (key) => golden.numbers(key), 1e-3)
    expectClose({ losses: losses.slice(0, 1) }, () => golden.numbers('losses').slice(0, 1), 1e-4)
    // What trained has moved, by far more than the difference.
    const start = readSafetensorsSync(replay)
    for (const key of golden.names('final.').filter((name) => name.includes('lora_B')))
      expect(
        relativeError(golden.numbers(key), start.get(key.replace('final.', 'init.'))!.data as Float32Array),
        key,
      ).toBeGreaterThan(5e-3)
  })
})

describe('what cannot be replayed', () => {
  const damaged = async (change: (dir: string) => Promise<void>) => {
    const replay = await recordingOf('snr')
    const dir = dirname(replay)
    await change(dir)
    const out = join(dir, 'out')
    const error = await rejection(replayTraining({ model: modelOf('snr'), replay, out }))
    expect(existsSync(out)).toBe(false)
    return error
  }
  const withNotes = (change: object) => (dir: string) =>
    readJson(join(dir, 'recording.json')).then((notes) =>
      writeJson(join(dir, 'recording.json'), { ...(notes as object), ...change }),
    )
  const withTensors = (change: (tensors: Map<string, object>) => void) => async (dir: string) => {
    const path = join(dir, 'recording.safetensors')
    const file = await SafetensorsFile.open(path)
    const tensors = new Map<string, object>()
    for (const key of file.names()) tensors.set(key, await file.tensor(key))
    change(tensors)
    await writeSafetensors(path, Object.fromEntries(tensors) as never)
  }

  it.each([
    ['prompts', withNotes({ prompts: ['one'] }), 'prompts do not fit 4 steps of 2 pictures'],
    ['a rank', withNotes({ rank: 0 }), 'rank'],
    ['a switch', withNotes({ train: { snrGama: 5 } }), 'snrGama'],
    ['switches that are none', withNotes({ train: null }), 'train'],
    ['switches that are a number', withNotes({ train: 5 }), 'train'],
    [
      'parts that are not whole',
      withNotes({ train: { gradientAccumulationSteps: 3 } }),
      '2 pictures a step, in 3 parts',
    ],
    ['no dropout seeds', withNotes({ train: { loraDropout: 0.1 } }), '0 dropoutSeeds for 4 steps'],
    [
      'too few of them',
      withNotes({ train: { loraDropout: 0.1 }, dropoutSeeds: [1] }),
      '1 dropoutSeeds for 4 steps',
    ],
    ['a dropout seed', withNotes({ dropoutSeeds: [1, 2, 3, 2 ** 31] }), 'dropoutSeeds'],
    ['learning rates', withNotes({ learningRate: [1, 2] }), '2 learning rates for 4 steps'],
    ['a size', withNotes({ width: 64 }), 'latents of [4,16,16]'],
    ['no noise', withTensors((tensors) => tensors.delete('noise')), 'has no noise'],
    [
      'a start that lacks a factor',
      withTensors((tensors) => tensors.delete([...tensors.keys()].find((key) => key.startsWith('init.'))!)),
      'the recording has no init.base_model.model.',
    ],
    [
      'a start of other layers',
      withTensors((tensors) => tensors.set('init.strange.lora_A.weight', tensors.get('noise')!)),
      'init.strange.lora_A.weight',
    ],
    [
      'timesteps of another shape',
      withTensors((tensors) => tensors.set('timesteps', tensors.get('noise')!)),
      'timesteps has the shape [4,2,4,16,16], not [4,2]',
    ],
    ['no recording.json', async (dir: string) => writeFile(join(dir, 'recording.json'), '{'), 'is not JSON'],
  ])('%s', async (_, change, message) => {
    const error = await damaged(change)
    expect(error).toMatchObject({ name: 'SelmaError' })
    expect(error.message).toContain(message)
  })

  it('the golden files are as the scripts describe them', async () => {
    expect(cases.length).toBeGreaterThanOrEqual(17)
    const notes = JSON.parse(await readFile(goldenPath('recordings', 'sd15', 'recording.json'), 'utf8'))
    expect(Object.keys(notes)).not.toContain('train')
  })
})
