// Jobs and pictures for the tests of views: real directories, written as their stages write them.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, vi } from 'vitest'
import { trainStage } from '../../../../lib/experts/index.ts'
import { blankPicture } from '../../../../lib/formats/picture.ts'
import { encodePng } from '../../../../lib/formats/png.ts'
import { ModelScores } from '../../../../lib/index.ts'
import { Job } from '../../../../lib/jobs/index.ts'
import type { JobEventInput } from '../../../../lib/messages/job-event.ts'
import type { AnswerRow, PictureRow } from '../../../../lib/metrics/index.ts'

/** Waits until a check holds, however busy the machine is. */
export const eventually = <T>(check: () => T): Promise<Awaited<T>> =>
  vi.waitFor(check, { timeout: 30_000 }) as Promise<Awaited<T>>

const folders: string[] = []
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))))

export async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'selma-view-'))
  folders.push(made)
  return made
}

export const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString()

export const lines = (events: readonly JobEventInput[]): string =>
  events.map((event, second) => `${JSON.stringify({ version: 1, time: at(second), ...event })}\n`).join('')

/** The directory of a training that is over, with these events. */
export async function trainingJob(
  events: readonly JobEventInput[],
  { name = 'count', finished = true } = {},
): Promise<Job> {
  const dir = join(await folder(), 'train-0123456789abcdef')
  await mkdir(dir)
  const hash = '0123456789abcdef'.repeat(4)
  const recorded = {
    created: at(0),
    machine: 'here',
    platform: 'linux x64',
    cpus: 2,
    node: 'v24.0.0',
    packages: {},
    cwd: dir,
  }
  const file = {
    version: 1,
    stage: 'train',
    stageVersion: trainStage.version,
    settings: { name },
    inputs: {},
    hash,
    recorded,
  }
  await writeFile(join(dir, 'job.json'), JSON.stringify(file))
  await writeFile(join(dir, 'events.jsonl'), lines(events))
  if (finished) {
    const result = { version: 1, hash, when: at(99), seconds: 9, result: {} }
    await writeFile(join(dir, 'result.json'), JSON.stringify(result))
  }
  return new Job(dir)
}

/** Loss from 1 falling, one step a line. */
export const losses = (steps: number, from = 1): JobEventInput[] =>
  Array.from({ length: steps }, (_, i) => ({
    type: 'metrics',
    step: from + i,
    values: { loss: 1 / (from + i), learningRate: 1e-3 },
  }))

interface Asked {
  id: string
  prompt: string
  /** The judge's answers to the prompt's questions, of which each depends on the one before it. */
  answers: string[]
}

/** Scores with real pictures, a colour each. */
export async function scores(name: string, asked: readonly Asked[], grey = 100): Promise<ModelScores> {
  const images = await folder()
  const rows: PictureRow[] = []
  const answers: AnswerRow[] = []
  const records: string[] = []
  for (const [index, { id, prompt, answers: given }] of asked.entries()) {
    const run = { model: name, judge: 'a judge', seed: 0, itemId: id, guidance: 5 }
    const right = given.every((answer) => answer === 'yes')
    rows.push({ ...run, dsg: 0.5, strict: right })
    for (const [at, answer] of given.entries())
      answers.push({ ...run, questionId: at + 1, answer, expected: 'yes' })
    await writeFile(join(images, `${index}.png`), await encodePng(blankPicture(8, 8, [grey, index % 256, 0])))
    records.push(JSON.stringify({ file_name: `${index}.png`, text: prompt, id, sample: 0 }))
  }
  await writeFile(join(images, 'metadata.jsonl'), `${records.join('\n')}\n`)
  const items = asked.map(({ id, prompt, answers: given }) => ({
    id,
    text: prompt,
    skill: 'count',
    questions: given.map((_, at) => ({
      itemId: id,
      id: at + 1,
      question: `Question ${at + 1}?`,
      dependencies: at === 0 ? [] : [at],
      category: 'entity',
      categoryDetailed: 'whole',
      tuple: '',
    })),
  }))
  return new ModelScores(name, { name: 'test', items, repairs: [] }, rows, answers, images, 'made for a test')
}

/** What is hostile in a page that trusts text. */
export const hostile = [
  '<img src=x onerror="window.hacked = 1">',
  '[click](javascript:window.hacked=1)',
  '"><script>window.hacked = 1</script>',
  `${'long '.repeat(200_000)}<b>end</b>`,
]
