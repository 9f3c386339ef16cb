// `selma push`, and a base named as it is on the Hub, against a Hub on the loopback.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ImageFolderWriter } from '../../../lib/data/imagefolder-writer.ts'
import { blankPicture } from '../../../lib/formats/picture.ts'
import { encodePng } from '../../../lib/formats/png.ts'
import { goldenPath } from '../../support/golden.ts'
import { HubServer } from '../../support/hub-server.ts'
import { pipelineContent } from '../../support/pipeline-content.ts'
import { temporaryFolder } from '../../support/temporary.ts'
import { startNode } from './support.ts'

const lora = goldenPath('lora-final')

async function setup() {
  const server = await HubServer.start()
  const cwd = await temporaryFolder()
  const env = {
    HF_ENDPOINT: server.endpoint,
    HF_TOKEN: server.token,
    HF_HOME: join(cwd, 'hf'),
    // This Hub is at hand also where the real one is not to be asked.
    HF_HUB_OFFLINE: '',
  }
  const selma = (args: readonly string[], more = {}) =>
    startNode('kernel/bin/selma.mjs', args, cwd, { ...env, ...more }).ended
  return { server, cwd, selma }
}

describe('selma push', () => {
  it('uploads with the scores of evaluations', { timeout: 120_000 }, async () => {
    const { server, cwd, selma } = await setup()
    const writer = await ImageFolderWriter.open(join(cwd, 'pics'))
    const png = await encodePng(blankPicture(8, 8))
    await writer.add(png, { file_name: 'a.png', text: 'three rings', seed: 7 })
    await writer.add(png, { file_name: 'b.PNG', text: 'a square' })
    await writer.finish()
    await mkdir(join(cwd, 'scores'))
    const interval = { mean: 0.5, low: 0.25, high: 0.75 }
    const scores = { judge: 'a reader', dsg: interval, strict: { mean: 1, low: null, high: null } }
    await writeFile(
      join(cwd, 'scores/scores.json'),
      JSON.stringify({ model: 'base + x', prompts: 4, scores }),
    )
    const args = ['push', lora, 'me/count', '--base-model', 'lab/base', '--license', 'mit', '--json']
    const { code, stdout, stderr } = await selma([
      ...args,
      ...['--scores', 'scores', '--samples', 'pics', '--tag', 'counting'],
    ])
    expect([code, JSON.parse(stdout).url]).toEqual([0, `${server.endpoint}/me/count`])
    expect(stdout + stderr).not.toContain(server.token)
    const { files, private: hidden } = server.repos.get('me/count')!
    expect(hidden).toBe(true)
    const card = Buffer.from(files.get('README.md')!.bytes).toString()
    expect(card).toContain('| base + x | DSG | 50.0 | 25.0 to 75.0 | 4 | a reader |')
    expect(card).toContain('- counting')
    expect(card).toContain('![three rings](samples/001.png)\n\nthree rings (seed 7)')
    expect(card).toContain('![a square](samples/002.png)\n\na square\n')
    expect(Buffer.from(files.get('samples/002.png')!.bytes)).toEqual(Buffer.from(png))

    const nowhere = await selma([...args, '--samples', 'nothing'])
    expect(nowhere).toMatchObject({ code: 2, stderr: expect.stringContaining('nothing') })
  })

  it('is refused without a token, or a base', { timeout: 120_000 }, async () => {
    const { server, selma } = await setup()
    const anonymous = await selma(['push', lora, 'me/count', '--base-model', 'lab/base'], { HF_TOKEN: '' })
    expect(anonymous).toMatchObject({ code: 2, stdout: '' })
    expect(anonymous.stderr).toMatch(/needs a token\n.*HF_TOKEN/)
    const baseless = await selma(['push', lora, 'me/count'])
    expect(baseless).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('does not say its base model'),
    })
    expect(server.repos.has('me/count')).toBe(false)
  })
})

describe('selma images --model org/name', () => {
  it('draws with a model of the Hub', { timeout: 120_000 }, async () => {
    const { server, selma } = await setup()
    server.add('lab/tiny', await pipelineContent('tiny-sd15'))
    const args = [
      'images',
      '--model',
      'lab/tiny',
      '--prompt',
      'a red ring',
      '--steps',
      '2',
      '--out',
      'pics',
      '--json',
    ]
    const { code, stdout } = await selma(args)
    expect([code, JSON.parse(stdout).result.count]).toEqual([0, 1])
  })
})
