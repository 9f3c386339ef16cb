// Numbers in and out of the command line: a run of PyTorch replayed, pictures from given noise, a run recorded here.
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ImageFolderWriter } from '../../../lib/data/imagefolder-writer.ts'
import { encodePng } from '../../../lib/formats/png.ts'
import { readSafetensorsSync, writeSafetensors } from '../../../lib/formats/safetensors.ts'
import { expectClose, Golden, goldenJson, goldenPath } from '../../support/golden.ts'
import { temporaryFolder } from '../../support/temporary.ts'
import { startNode } from './support.ts'

const selma = (args: readonly string[], cwd: string) => startNode('kernel/bin/selma.mjs', args, cwd).ended
const model = goldenPath('tiny-sd15')

describe('selma train --replay', () => {
  it('prints the losses and writes a PEFT folder', { timeout: 120_000 }, async () => {
    const dir = await temporaryFolder()
    const replay = goldenPath('recordings', 'sd15', 'recording.safetensors')
    const { code, stdout, stderr } = await selma(
      ['train', '--model', model, '--replay', replay, '--out', 'lora', '--json'],
      dir,
    )
    expect(stderr).not.toContain('selma:')
    expect(code).toBe(0)
    const golden = new Golden('recordings/sd15/expected')
    const { losses } = JSON.parse(stdout) as { losses: number[] }
    expectClose({ losses }, () => golden.numbers('losses'), 1e-4)
    const config = JSON.parse(await readFile(join(dir, 'lora', 'adapter_config.json'), 'utf8'))
    expect(config).toMatchObject({ peft_type: 'LORA', r: 4, lora_alpha: 8 })
    const weights = [...readSafetensorsSync(join(dir, 'lora', 'adapter_model.safetensors'))]
    expectClose(
      Object.fromEntries(weights.map(([key, { data }]) => [`final.${key}`, data as Float32Array])),
      (key) => golden.numbers(key),
      1e-3,
    )
  })

  it('keeps a recording in a folder of its own', { timeout: 120_000 }, async () => {
    const dir = await temporaryFolder()
    const writer = await ImageFolderWriter.open(join(dir, 'pics'))
    const data = new Uint8Array(64 * 64 * 3).fill(90)
    await writer.add(await encodePng({ width: 64, height: 64, data }), { file_name: '0.png', text: 'a ring' })
    await writer.finish()
    const train = (record: string) =>
      selma(
        [
          ...['train', '--model', model, '--data', 'pics', '--out', 'expert', '--rank', '1'],
          ...['--steps', '1', '--batch', '1', '--record', record],
        ],
        dir,
      )
    expect(await train('run/a.safetensors')).toMatchObject({ code: 0 })
    expect((await readdir(join(dir, 'run'))).sort()).toEqual(['a.safetensors', 'recording.json'])
    const kept = await readFile(join(dir, 'run', 'a.safetensors'))
    const other = await train('run/b.safetensors')
    expect([other.code, other.stderr.includes('belongs to another recording')]).toEqual([2, true])
    await writeFile(join(dir, 'run', 'a.safetensors'), 'mine')
    const edited = await train('run/a.safetensors')
    expect([edited.code, edited.stderr.includes('has been changed since selma wrote it')]).toEqual([2, true])
    expect(await readFile(join(dir, 'run', 'a.safetensors'), 'utf8')).toBe('mine')
    expect(kept.length).toBeGreaterThan(4 * 64)
  })

  it('says what it lacks', async () => {
    const dir = await temporaryFolder()
    const none = await selma(['train', '--model', model, '--out', 'lora'], dir)
    expect([none.code, none.stderr.includes('there is no --data')]).toEqual([2, true])
    const missing = await selma(
      ['train', '--model', model, '--replay', 'x.safetensors', '--out', 'lora'],
      dir,
    )
    expect([missing.code, missing.stderr.includes('recording.json')]).toEqual([2, true])
  })
})

describe('selma images --noise', () => {
  const { prompt, negative, steps, guidance } = goldenJson<Record<string, string>>('families')
  const golden = new Golden('family-sd15')
  const draw = ['images', '--model', model, '--prompt', prompt, '--negative-prompt', negative]
  const settings = ['--steps', String(steps), '--guidance', String(guidance)]

  // The weights are half-precision in their files: kept so or widened, they are the same numbers.
  it.each(['float32', 'float16'])(
    "ends with diffusers' latents, weights in %s",
    { timeout: 120_000 },
    async (dtype) => {
      const dir = await temporaryFolder()
      const shape = golden.shape('noise')
      const data = golden.floats('noise')
      await writeSafetensors(join(dir, 'noise.safetensors'), { latents: { dtype: 'F32', shape, data } })
      const out = [
        '--noise',
        'noise.safetensors',
        '--latents-out',
        'out.safetensors',
        '--dtype',
        dtype,
        '--json',
      ]
      const { code, stdout, stderr } = await selma([...draw, ...settings, ...out], dir)
      expect([code, stderr]).toEqual([0, ''])
      expect(JSON.parse(stdout)).toMatchObject({ status: 'ok', shape })
      const { latents } = Object.fromEntries(readSafetensorsSync(join(dir, 'out.safetensors')))
      expect(latents.shape).toEqual(shape)
      const found = { latents: latents.data as Float32Array }
      expectClose(found, () => golden.numbers('picture.default.latents'), 1e-4)
    },
  )

  it('says what does not fit', async () => {
    const dir = await temporaryFolder()
    const noise = { dtype: 'F32' as const, shape: [1, 3, 8, 8], data: new Float32Array(192) }
    await writeSafetensors(join(dir, 'noise.safetensors'), { latents: noise })
    const given = ['--noise', 'noise.safetensors', '--latents-out', 'out.safetensors']
    const channels = await selma([...draw, ...settings, ...given], dir)
    expect([channels.code, channels.stderr.includes('noise of 3 channels')]).toEqual([2, true])
    await writeFile(join(dir, 'out.safetensors'), 'mine')
    const taken = await selma([...draw, '--latents-out', 'out.safetensors'], dir)
    expect([taken.code, taken.stderr.includes('selma did not write it')]).toEqual([2, true])
    const both = await selma([...draw, '--latents-out', 'other.safetensors', '--per-prompt', '2'], dir)
    expect([both.code, both.stderr.includes("cannot be used with option '--per-prompt <n>'")]).toEqual([
      2,
      true,
    ])
    const useless = await selma([...draw, '--noise', 'noise.safetensors', '--out', 'pics'], dir)
    expect([useless.code, useless.stderr.includes('--noise without --latents-out')]).toEqual([2, true])
  })
})
