// The stages' loop on a problem of four numbers: killed anywhere, it leaves the same files.
import { appendFile, readdir, readFile, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Random } from '../../../lib/base/random.ts'
import { mseLoss, mul, ParameterLayout, trainingProgram } from '../../../lib/runtime/index.ts'
import { latentSize } from '../../../lib/shapes/base/configs.ts'
import { initialWeights } from '../../../lib/shapes/base/initial-weights.ts'
import { encodeTrainingPictures, trainingScene } from '../../../lib/shapes/base/latents.ts'
import { stageResult, trainingLoop } from '../../../lib/shapes/base/loop.ts'
import { loadLatents } from '../../../lib/shapes/base/stages.ts'
import { vaeLayout } from '../../../lib/shapes/base/vae-training.ts'
import { splitOf } from '../../../lib/shapes/index.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const layout = new ParameterLayout()
layout.declare('w', [4])
const root = new Random('loop')

class Killed extends Error {}

/** Fits w·x to x/2 in 23 steps with a checkpoint every 10; `killAt` dies after a step. */
async function train(folder: string, killAt?: number): Promise<number> {
  let started = 0
  await trainingLoop({
    stage: 'toy',
    folder,
    layout,
    program: () =>
      trainingProgram(
        layout,
        (graph, parameters) =>
          mseLoss(mul(graph.input('x', [4]), parameters.get('w')!), graph.input('y', [4])),
        { ema: true },
      ),
    start: async () => {
      started++
      return new Float32Array(4)
    },
    batch: (step) => {
      const x = root.derive(step).normals(4)
      return { x, y: x.map((value) => value / 2) }
    },
    schedule: { learningRate: 0.1, steps: 23, warmup: 2 },
    emaDecay: 0.9,
    checkpointEvery: 10,
    onStep: (_, step) => {
      if (step === killAt) throw new Killed()
    },
  })
  return started
}

async function files(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder)).sort()
  return Object.fromEntries(
    await Promise.all(
      names.map(async (name) => [name, (await readFile(join(folder, name))).toString('base64')]),
    ),
  )
}

describe('trainingLoop', () => {
  it('leaves the same bytes whether or not it was killed', async () => {
    const whole = await temporaryFolder()
    expect(await train(whole)).toBe(1)
    expect((await readdir(whole)).sort()).toEqual(['toy.done.safetensors', 'toy.jsonl', 'toy.safetensors'])
    const lines = (await readFile(join(whole, 'toy.jsonl'), 'utf8')).trimEnd().split('\n')
    expect(lines.map((line) => JSON.parse(line).step)).toEqual(Array.from({ length: 23 }, (_, i) => i))
    const [first, last] = [lines[0], lines[22]].map((line) => JSON.parse(line).loss)
    expect(last).toBeLessThan(first)
    expect((await stageResult(whole, 'toy')).every((value) => value > 0.1 && value < 0.7)).toBe(true)

    const broken = await temporaryFolder()
    await expect(train(broken, 7)).rejects.toThrow(Killed)
    await expect(train(broken, 13)).rejects.toThrow(Killed)
    // A kill in the middle of a line.
    await appendFile(join(broken, 'toy.jsonl'), '{"step":13,"lo')
    await expect(train(broken, 22)).rejects.toThrow(Killed)
    expect(await train(broken)).toBe(0)
    expect(await files(broken)).toEqual(await files(whole))
    // And a finished stage is left alone.
    expect(await train(broken, 1)).toBe(0)
    expect(await files(broken)).toEqual(await files(whole))
  })
})

describe('the training pictures', () => {
  it('are encoded once, from where an earlier process ended, and scaled to deviation 1', async () => {
    const folder = await temporaryFolder()
    const layout = vaeLayout()
    const options = { layout, vae: initialWeights(layout, root.derive('vae')), random: root, count: 128 }
    const path = join(folder, 'latents.f32')
    const done: number[] = []
    await encodeTrainingPictures(path, { ...options, onProgress: (count) => done.push(count) })
    expect(done).toEqual([64, 128])
    const bytes = await readFile(path)
    expect((await stat(path)).size).toBe(128 * latentSize * 4)
    await truncate(path, 100 * latentSize * 4 + 3)
    done.length = 0
    await encodeTrainingPictures(path, { ...options, onProgress: (count) => done.push(count) })
    expect(done).toEqual([128])
    expect(await readFile(path)).toEqual(bytes)
    const { latents, scalingFactor } = await loadLatents(path)
    const total = latents.reduce((sum, value) => sum + value, 0) / latents.length
    const squares = latents.reduce((sum, value) => sum + value * value, 0) / latents.length
    expect(Math.sqrt(squares - total * total)).toBeCloseTo(1, 4)
    expect(latents[0] / scalingFactor).toBeCloseTo(bytes.readFloatLE(0), 5)
    for (let i = 0; i < 50; i++) expect(splitOf(trainingScene(root, i))).toBe('train')
    expect(trainingScene(root, 3)).toEqual(trainingScene(root, 3))
  })
})
