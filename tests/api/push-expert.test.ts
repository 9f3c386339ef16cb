// An expert to the Hub and back: uploaded with its card and pictures to a Hub on the loopback, opened from there by its
// name, drawn with; what the card says; and what is refused.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { ModelScores } from '../../lib/api/evaluate.ts'
import { Expert } from '../../lib/api/expert.ts'
import { experts, merge } from '../../lib/api/experts.ts'
import type { PushExpertOptions } from '../../lib/api/push-expert.ts'
import { T2I } from '../../lib/api/t2i.ts'
import { ImageFolderWriter } from '../../lib/data/imagefolder-writer.ts'
import { blankPicture } from '../../lib/formats/picture.ts'
import { encodePng } from '../../lib/formats/png.ts'
import type { PictureRow } from '../../lib/metrics/index.ts'
import { newRoot, removeRoots } from '../jobs/support/help.ts'
import { goldenPath } from '../support/golden.ts'
import { failure } from '../support/hub-download.ts'
import { HubServer } from '../support/hub-server.ts'
import { temporaryFolder } from '../support/temporary.ts'

afterAll(removeRoots)

const repo = 'lab/count'
const file = 'pytorch_lora_weights.safetensors'
const model = goldenPath('tiny-sd15')
const small = { steps: 2, seed: 5 }

/** An expert trained for a moment, on one picture. */
async function trained(): Promise<Expert> {
  const writer = await ImageFolderWriter.open(join(await temporaryFolder(), 'data'))
  await writer.add(await encodePng(blankPicture(64, 64)), { file_name: '0.png', text: 'a red ring' })
  const records = await writer.finish()
  const data = { dir: writer.dir, records } as never
  const train = { rank: 2, steps: 2, batch: 1, warmup: 0, learningRate: 0.1 }
  return experts.train(await T2I.load(model), data, { name: 'count', ...train, root: await newRoot() })
}

async function setup() {
  const server = await HubServer.start()
  const env = { HF_TOKEN: server.token, HF_ENDPOINT: server.endpoint }
  return { server, env, expert: await trained(), cacheDir: await temporaryFolder() }
}

function scores(name: string, good: readonly number[]): ModelScores {
  const rows = good.map((dsg, i) => ({
    ...{ model: name, judge: 'a reader', itemId: `p${i}`, skill: 'count', seed: 0, guidance: 5 },
    ...{ dsg, strict: dsg === 1 ? 1 : 0 },
  })) as unknown as PictureRow[]
  const items = good.map((_, i) => ({ id: `p${i}`, text: 'a', questions: [] }))
  return new ModelScores(name, { name: 'suite', items } as never, rows, [], '', '')
}

describe('experts.push', () => {
  it('uploads what the same Hub gives back, with its card', { timeout: 120_000 }, async () => {
    const { server, env, expert, cacheDir } = await setup()
    const base = await T2I.load(model)
    const drawn = await base.with(expert).draw(['a red ring', 'two <b>squares</b> [x](y)'], small)
    const options: PushExpertOptions = {
      ...{
        env,
        samples: drawn,
        license: 'creativeml-openrail-m',
        summary: 'Counts things.',
        message: 'First',
      },
      evaluations: [scores('base', [0, 0.5, 1]), scores('base + count', [1, 1, 1])],
    }
    const pushed = await experts.push(expert, repo, options)
    expect(pushed).toMatchObject({ repo, created: true, url: `${server.endpoint}/${repo}` })
    expect(pushed.files).toEqual([file, 'samples/001.png', 'samples/002.png', 'README.md'])
    const { files, private: hidden } = server.repos.get(repo)!
    expect(hidden).toBe(true)
    expect(Buffer.from(files.get('samples/001.png')!.bytes)).toEqual(Buffer.from(await drawn.png(0)))

    const card = Buffer.from(files.get('README.md')!.bytes).toString()
    const [, front] = card.split('---\n')
    expect(parse(front)).toMatchObject({ license: 'creativeml-openrail-m', pipeline_tag: 'text-to-image' })
    for (const text of [
      '# count',
      '**tiny-sd15**',
      'Counts things.',
      '(seed 5)',
      `await experts.load("${repo}")`,
      'samples/002.png',
      'a reader',
    ])
      expect(card).toContain(text)
    expect(card).not.toContain('<b>')
    expect(card).toMatch(/\| base \+ count \| DSG \| 100\.0/)
    expect(card).toMatch(/\| learningRate +\| 0\.1/)
    expect(card).toMatch(/data .*SHA-256.*\| [0-9a-f]{64}/)
    for (const [name, { bytes }] of files) expect(Buffer.from(bytes).includes(server.token), name).toBe(false)

    const again = await experts.load(repo, { env, cacheDir })
    expect(again.name).toBe('count')
    expect(again.note).toMatch(/^lab\/count at main \([0-9a-f]{7}\): \d+ bytes downloaded$/)
    const redrawn = await base.with(again).draw(drawn.captions, small)
    expect(redrawn.pictures).toEqual(drawn.pictures)
    expect(redrawn.pictures).not.toEqual((await base.draw(drawn.captions, small)).pictures)
    server.stop()
    const offline = await Expert.load(repo, { env: { ...env, HF_HUB_OFFLINE: '1' }, cacheDir })
    expect(await readFile(offline.path)).toEqual(await readFile(again.path))
  })

  it('goes to a branch when told, and tells how a merge was made', { timeout: 120_000 }, async () => {
    const { server, env, expert } = await setup()
    const merged = await merge([expert, expert], { name: 'both', root: await newRoot() })
    await experts.push(merged, repo, { env, baseModel: 'lab/base', private: false, revision: 'v2' })
    const { files, branches } = server.repos.get(repo)!
    expect([...files.keys()]).toEqual([])
    const card = Buffer.from(branches!.get('v2')!.get('README.md')!.bytes).toString()
    expect(parse(card.split('---\n')[1])).toMatchObject({
      base_model: 'lab/base',
      base_model_relation: 'adapter',
    })
    expect(card).toMatch(/merge\.method +\| average/)
    // The branch is there now.
    await experts.push(expert, repo, { env, revision: 'v2' })
    expect(server.requests('/branch/v2')).toHaveLength(2)
  })

  it('says what is missing or refused, and never the token', { timeout: 120_000 }, async () => {
    const { server, env, expert } = await setup()
    const refused = async (to: string, more: PushExpertOptions = {}) => {
      const error = await failure(experts.push(expert, to, { env, ...more }))
      expect(inspect(error, { depth: 9 })).not.toContain(server.token)
      return `${error.code}: ${error.message}; ${error.hint}`
    }
    const home = await temporaryFolder()
    const { HF_TOKEN: _, ...anonymous } = env
    expect(await refused(repo, { env: { ...anonymous, HF_HOME: home } })).toMatch(
      /needs a token; set HF_TOKEN/,
    )
    expect(await refused(repo, { env: { ...env, HF_TOKEN: 'hf_wrong' } })).toMatch(/did not accept the token/)
    expect(await refused('count')).toContain('bad-input')
    expect(await refused(`${repo}@main`)).toContain('names a revision')
    expect(await refused(repo, { license: 'Not A License' })).toContain('license "Not A License"')
    expect(server.repos.has(repo)).toBe(false)
    server.faults.push({ path: '/api/repos/create', status: 403, body: '{"error":"not your organisation"}' })
    expect(await refused(repo)).toMatch(
      /does not allow writing to lab\/count.*not your organisation.*; use a token/,
    )
  })
})

describe('an expert of the Hub', () => {
  it('is the file that is named, PEFT’s with its config, and no whole model', async () => {
    const { server, env, expert, cacheDir } = await setup()
    const bytes = await readFile(join(expert.path, file))
    const options = { env, cacheDir }
    server.add('lab/two', { 'a.safetensors': bytes, 'b.safetensors': bytes })
    expect((await failure(Expert.load('lab/two', options))).hint).toContain(
      'one of a.safetensors, b.safetensors',
    )
    expect((await Expert.load('lab/two', { ...options, weightName: 'b.safetensors' })).path).toMatch(
      /b\.safetensors$/,
    )
    const peft = {
      'adapter_model.safetensors': await readFile(goldenPath('formats/lora/peft/adapter_model.safetensors')),
    }
    const config = await readFile(goldenPath('formats/lora/peft/adapter_config.json'))
    server.add('lab/peft', { ...peft, 'adapter_config.json': config, 'README.md': 'x' })
    const ours = await (await Expert.load('lab/peft', options)).load()
    const wanted = await (await Expert.load(goldenPath('formats/lora/peft'))).load()
    expect([...ours.layers]).toEqual([...wanted.layers])
    server.add('lab/model', { 'model_index.json': '{}' })
    expect((await failure(Expert.load('lab/model', options))).hint).toContain("T2I.load('lab/model')")
    server.add('lab/none', { 'README.md': 'x' })
    expect(await failure(Expert.load('lab/none', options))).toMatchObject({ code: 'not-found' })
  })
})
