// Every stage by the command, one after the other as a user types them, on the embedded model with tiny settings.
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readImageFolder } from '../../../lib/data/imagefolder.ts'
import { readPromptFile } from '../../../lib/data/prompt-file.ts'
import { loadLora } from '../../../lib/formats/lora-files.ts'
import { listJobs } from '../../../lib/jobs/index.ts'
import { mergeInfo } from '../../../lib/merging/index.ts'
import { type Ended, selma, startNode } from './support.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'selma-cli-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const at = (name: string): string => join(folder, name)
const run = async (line: string): Promise<Ended> => {
  const ended = await selma(line, folder)
  expect(ended.code, ended.stderr).toBe(0)
  return ended
}
const tiny = '--rank 2 --batch 2'
const written = () =>
  writeFile(at('q.jsonl'), '{"text": "three red squares"}\n\n{"text": "a blue ring", "skill": "color"}\n')

describe('the stages one after the other', { timeout: 300_000 }, () => {
  it('writes prompts, and answers at once the second time', async () => {
    const { stdout, stderr } = await run('prompts --skill count --n 6 --out p.jsonl')
    expect(stdout).toMatch(/^6 prompts for count by shapes-template-writer in p\.jsonl, computed in /)
    expect(stderr).toContain('6/6 prompts')
    const before = await readFile(at('p.jsonl'), 'utf8')
    expect(await readPromptFile(at('p.jsonl'))).toHaveLength(6)
    const again = await run('prompts --skill count --n 6 --out p.jsonl --json')
    const document = JSON.parse(again.stdout)
    expect(document).toMatchObject({
      command: 'prompts',
      status: 'ok',
      output: 'unchanged',
      result: { count: 6 },
    })
    expect(document.cached.hash).toMatch(/^[0-9a-f]{64}$/)
    expect(await readFile(at('p.jsonl'), 'utf8')).toBe(before)
  })

  it('draws pictures for prompts', async () => {
    await run('images --model shapes --prompts p.jsonl --out pics --steps 3')
    const { records } = await readImageFolder(at('pics'))
    expect(records.map(({ text }) => text)).toEqual(
      (await readPromptFile(at('p.jsonl'))).map(({ text }) => text),
    )
    expect(records[0]).toMatchObject({ steps: 3, guidance: 7.5, model: 'shapes' })
  })

  it('trains experts', async () => {
    const { stdout } = await run(`train --model shapes --data pics --out expert --steps 3 ${tiny}`)
    expect(stdout).toMatch(/3 steps on 6 pictures, loss \S+ → \S+, computed/)
    await run(`train --model shapes --data pics --out other --steps 3 ${tiny} --seed 7`)
    const [expert, other] = [await loadLora(at('expert')), await loadLora(at('other'))]
    expect(expert.metadata.selma_expert).toBe('expert')
    const [name, layer] = [...expert.layers][0]
    expect(layer.down.shape[0]).toBe(2)
    expect(other.layers.get(name)!.down.data).not.toEqual(layer.down.data)
  })

  it('merges them, and replaces its own merge but nothing else', async () => {
    await run('merge expert other --out merged')
    expect(mergeInfo(await loadLora(at('merged')))).toMatchObject({
      method: 'average',
      ids: ['expert', 'other'],
    })
    const { stdout } = await run('merge expert other --method average-factors --out merged --json')
    expect(JSON.parse(stdout)).toMatchObject({ status: 'ok', output: 'written', ranks: [2] })
    await writeFile(at('merged/mine.txt'), 'notes')
    const refused = await selma('merge expert other --out merged', folder)
    expect(refused.code).toBe(2)
    expect(refused.stderr).toContain('merged has been changed since selma wrote it')
    expect(existsSync(at('merged/mine.txt'))).toBe(true)
    await run('merge expert other --out merged --force')
    expect(await readdir(at('merged'))).toEqual(['pytorch_lora_weights.safetensors'])
  })

  it('scores prompts written by hand', async () => {
    await written()
    const { stdout } = await run('evaluate --model shapes --lora merged --prompts q.jsonl --steps 3 --json')
    const document = JSON.parse(stdout)
    expect(document).toMatchObject({
      model: 'shapes + merged',
      prompts: 2,
      settings: { seeds: [0], guidance: 7.5, steps: 3 },
      scores: { judge: 'shapes scene reader', dsg: { n: 2 } },
    })
    expect(document.scores.dsg.mean).toBeGreaterThanOrEqual(0)
    expect(document.scores.dsg.mean).toBeLessThanOrEqual(1)
  })

  it('keeps scores, rows and pictures of a suite where it is told', async () => {
    const { stdout } = await run(
      'evaluate --model shapes --suite shapes --skills color --per-skill 1 --seeds 0,1 --guidance 5 --steps 2 --out scores',
    )
    expect(stdout).toMatch(/shapes +5\.0/)
    expect((await readdir(at('scores'))).sort()).toEqual([
      'answers.jsonl',
      'images',
      'pictures.jsonl',
      'scores.json',
    ])
    expect((await readImageFolder(at('scores/images'))).records).toHaveLength(2)
  })

  it('leaves no temporary files, and lists its jobs', async () => {
    expect((await readdir(folder)).filter((name) => name.includes('.tmp'))).toEqual([])
    const { stdout } = await run('jobs --all --json')
    const { jobs } = JSON.parse(stdout)
    expect(jobs.map(({ stage }: { stage: string }) => stage).sort()).toEqual([
      'evaluate',
      'evaluate',
      'images',
      'prompts',
      'train',
      'train',
    ])
    expect(new Set(jobs.map(({ state }: { state: string }) => state))).toEqual(new Set(['finished']))
  })

  it('saves and stops at an interrupt, and goes on the second time', async () => {
    const line = `train --model shapes --data pics --out slow --steps 150 ${tiny} --learning-rate 3e-4`
    const { child, ended } = startNode('kernel/bin/selma.mjs', line.split(' '), folder)
    const running = async () => (await listJobs(at('.selma/jobs'))).find(({ state }) => state === 'running')
    while (!((await running())?.metrics?.step ?? 0)) await new Promise((done) => setTimeout(done, 50))
    child.kill('SIGINT')
    const { code, stderr } = await ended
    expect(code, stderr).toBe(75)
    expect(stderr).toMatch(/was stopped at step \d+ and can go on/)
    expect(existsSync(at('slow'))).toBe(false)
    const stopped = (await listJobs(at('.selma/jobs'))).filter(({ state }) => state === 'stopped')
    expect(stopped).toHaveLength(1)
    expect(stopped[0].checkpoint).toBeGreaterThan(0)
    expect(stopped[0].checkpoint).toBeLessThan(150)
    const again = await run(line)
    expect(again.stderr).toContain('goes on from where it was (attempt 2)')
    expect((await loadLora(at('slow'))).layers.size).toBeGreaterThan(0)
    const job = await selma(`job ${stopped[0].dir}`, folder)
    expect(job.code, job.stderr).toBe(0)
    expect(job.stdout).toContain('finished')
  })
})
