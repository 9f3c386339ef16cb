// What cannot be done: exit code 2, the reason and the choices on standard error, and nothing left behind.
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../support/temporary.ts'
import { selma } from './support.ts'

async function given(): Promise<string> {
  const folder = await temporaryFolder()
  await mkdir(join(folder, 'pics'))
  await writeFile(join(folder, 'pics/0.png'), '')
  await writeFile(join(folder, 'q.jsonl'), '{"text": "three red squares"}\n\n{"text": "a cat on a mat"}\n')
  await writeFile(join(folder, 'broken.jsonl'), '{"text": "three red squares"}\n{"text": \n')
  await writeFile(join(folder, 'mine.txt'), 'my notes')
  return folder
}

const cases: [line: string, message: RegExp][] = [
  ['prompts --skill juggling --n 6 --out p.jsonl', /unknown skill "juggling"\n.*color, count/],
  ['prompts --skill coco --n 6 --out p.jsonl', /offline writer cannot write for coco.*\n.*--llm/],
  ['prompts --skill count --n 6 --llm some-model --out p.jsonl', /no API key.*\n.*OPENAI_API_KEY/],
  ['prompts --skill count --n 0 --out p.jsonl', /--n <count>.*'0' is invalid.*from 1 up/],
  ['prompts --skill count --n 6 --out mine.txt', /mine\.txt exists, and selma did not write it\n.*--force/],
  ['images --model nowhere --prompts q.jsonl --out drawn', /no model "nowhere"\n.*shapes/],
  ['images --model shapes --prompts broken.jsonl --out drawn', /broken\.jsonl:2: not JSON/],
  ['images --model shapes --prompts q.jsonl --out .', /would replace the folder you are working in/],
  [
    'images --model shapes --prompts q.jsonl --out drawn --choose-of 4',
    /q\.jsonl:3: cannot understand "cat"/,
  ],
  ['images --model shapes --prompts q.jsonl --out drawn --width 100', /width 100\n.*multiple of/],
  [
    'images --model shapes --prompts q.jsonl --out drawn --eta 1 --scheduler euler',
    /eta 1 with Euler.*\n.*DDIM/,
  ],
  ['images --model shapes --prompts q.jsonl --out drawn --original-size 64', /Give two numbers with a comma/],
  ['train --model shapes --data pics --out expert', /no metadata\.jsonl in .*pics\n.*"file_name"/],
  ['train --model shapes --data pics --out expert --rank 0', /--rank <r>.*'0' is invalid.*from 1 up/],
  ['train --model shapes --out expert', /there is no --data\n.*an imagefolder.*--replay/],
  ['merge one two --out merged --method mean', /unknown merge method: mean\n.*average-factors/],
  ['merge one two --out merged', /cannot read .*one \(ENOENT\)/],
  ['evaluate --model shapes --prompts q.jsonl', /q\.jsonl:3: cannot understand "cat"\n.*shapes/],
  ['evaluate --model shapes --suite other', /unknown suite "other"\n.*\.csv/],
  ['evaluate --model shapes --lora nowhere --prompts q.jsonl', /cannot read .*nowhere \(ENOENT\)/],
  ['push nowhere me/count', /there is no nowhere\n.*LoRA/],
  ['run nowhere.ipynb', /cannot read nowhere\.ipynb \(ENOENT\)/],
  ['quickstart --out quick -p nonsense=1', /no parameter "nonsense"\n.*outDir/],
  ['jobs stop train-ffff', /no job in/],
  ['trian', /unknown command 'trian'\n.*train/],
]

describe.each(cases)('selma %s', (line, message) => {
  it('is refused', async () => {
    const folder = await given()
    const before = await readdir(folder, { recursive: true })
    const { code, stdout, stderr } = await selma(line, folder)
    expect(stderr).toMatch(message)
    expect(stderr).not.toMatch(/^\s+at /m)
    expect(code).toBe(2)
    expect(stdout).toBe('')
    expect((await readdir(folder, { recursive: true })).sort()).toEqual(before.sort())
    expect(await readFile(join(folder, 'mine.txt'), 'utf8')).toBe('my notes')
  })
})

describe('selma job', () => {
  it("has its worker's exit codes, and makes no directory", async () => {
    const folder = await temporaryFolder()
    const { code, stderr } = await selma('job nowhere', folder)
    expect(code).toBe(64)
    expect(stderr).toContain('no job in nowhere')
    expect(await readdir(folder)).toEqual([])
  })
})

describe('under --json', () => {
  it('an error is the one document too', async () => {
    const { code, stdout } = await selma(
      'prompts --skill juggling --out p.jsonl --json',
      await temporaryFolder(),
    )
    expect(code).toBe(2)
    const document = JSON.parse(stdout)
    expect(document).toMatchObject({ command: 'prompts', status: 'error', error: { code: 'not-found' } })
    expect(document.error.hint).toContain('count')
  })

  it('wrong usage is', async () => {
    const { code, stdout } = await selma('train --rank 0 --json', await temporaryFolder())
    expect(code).toBe(2)
    expect(JSON.parse(stdout)).toMatchObject({ command: 'train', status: 'error', error: { code: 'usage' } })
  })
})
