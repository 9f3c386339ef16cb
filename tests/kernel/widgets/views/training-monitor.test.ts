// The training monitor's kernel side, over real job directories and a page that writes down what it gets.
import { appendFile, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { comms } from '../../../../kernel/comms.ts'
import { DISPLAY, format } from '../../../../kernel/display/formatters.ts'
import {
  IntSlider,
  type TrainingMonitor,
  trainingMonitor,
  widgetState,
} from '../../../../kernel/widgets/index.ts'
import { blankPicture } from '../../../../lib/formats/picture.ts'
import { encodePng } from '../../../../lib/formats/png.ts'
import { readControl } from '../../../../lib/jobs/control.ts'
import type { Job } from '../../../../lib/jobs/index.ts'
import { ownIdentity } from '../../../../lib/jobs/process-identity.ts'
import { trainingMonitorState } from '../../../../lib/messages/views/training-monitor.ts'
import { openPage, say, update } from '../page.ts'
import { at, eventually, folder, hostile, lines, losses, trainingJob } from './support.ts'

const made: TrainingMonitor[] = []
function monitor(...given: Parameters<typeof trainingMonitor>): TrainingMonitor {
  const view = trainingMonitor(...given)
  made.push(view)
  return view
}
afterEach(() => {
  for (const view of made.splice(0)) view.close()
  comms.transport = undefined
})

const custom = (content: object) => ({ method: 'custom', content: { version: 1, ...content } })
const numbers = (text: string) => {
  const bytes = Buffer.from(text, 'base64')
  return Array.from({ length: bytes.length / 8 }, (_, i) => bytes.readDoubleLE(i * 8))
}

/** Pretends that this process runs a job. */
const alive = (job: Job, control?: string) =>
  writeFile(
    join(job.dir, 'process.json'),
    JSON.stringify({ version: 1, ...ownIdentity(), attempt: 1, inline: true, control }),
  )

describe('the training monitor', () => {
  it('shows a finished job: name, state, numbers; and all points on request', async () => {
    const page = openPage()
    const job = await trainingJob([
      { type: 'started', attempt: 1 },
      ...losses(3),
      { type: 'progress', done: 3, total: 3, unit: 'steps' },
      { type: 'metrics', step: 3, values: { validationLoss: null } },
      { type: 'checkpoint', step: 2 },
      { type: 'finished', seconds: 1 },
    ])
    const view = monitor(Promise.resolve(job), { interval: 1 })
    await eventually(() => expect(view.toString()).toMatch(/finished, 3 of 3 steps, loss 0.3333$/))
    page.news()
    say(view, custom({ kind: 'open', view: 'v-1' }))
    const points = await eventually(() => {
      const found = page.sent.findLast(({ data }) => data.content?.kind === 'points')
      expect(found?.data.content.view).toBe('v-1')
      return found
    })
    const { stretches } = points!.data.content
    expect(stretches).toEqual([
      { job: 0, metric: 'loss', from: 0, count: 3 },
      { job: 0, metric: 'learningRate', from: 0, count: 3 },
      { job: 0, metric: 'validationLoss', from: 0, count: 1 },
    ])
    expect(numbers(points!.buffers![0])).toEqual([1, 2, 3])
    expect(numbers(points!.buffers![1])).toEqual([1, 1 / 2, 1 / 3])
    expect(numbers(points!.buffers![5])).toEqual([Number.NaN])
    const state = trainingMonitorState.parse(view.modelState().state)
    expect(state.jobs[0]).toMatchObject({ name: 'count', stage: 'train', state: 'finished', checkpoint: 2 })
    expect(state.jobs[0].latest).toEqual({ loss: 1 / 3, learningRate: 1e-3, validationLoss: null })
  })

  it('follows a job as it is written, and replaces steps that come again after a resume', async () => {
    const job = await trainingJob([{ type: 'started', attempt: 1 }, ...losses(4)], { finished: false })
    await alive(job)
    const page = openPage()
    const view = monitor(job, { interval: 1 })
    await eventually(() => expect(view.toString()).toContain('loss 0.2500'))
    await eventually(() => expect(page.sent.some(({ data }) => data.content?.kind === 'points')).toBe(true))
    page.news()
    await appendFile(
      join(job.dir, 'events.jsonl'),
      lines([
        { type: 'started', attempt: 2 },
        { type: 'metrics', step: 3, values: { loss: 9 } },
      ]),
    )
    const points = await eventually(() => {
      const found = page.sent.find(({ data }) => data.content?.kind === 'points')
      expect(found).toBeDefined()
      return found!
    })
    expect(points.data.content).toMatchObject({
      view: null,
      stretches: [{ metric: 'loss', from: 2, count: 1 }],
    })
    expect(points.buffers!.map(numbers)).toEqual([[3], [9]])
    expect(view.toString()).toContain('loss 9.000')
  })

  it('steers the job through its control.json, and says when it has happened', async () => {
    const job = await trainingJob([{ type: 'started', attempt: 1 }, ...losses(2)], { finished: false })
    await alive(job)
    const page = openPage()
    const view = monitor(job)
    say(view, custom({ kind: 'steer', job: 0, command: 'pause' }))
    const control = await eventually(() => {
      const found = readControl(job.dir)
      expect(found).toMatchObject({ command: 'pause' })
      return found!
    })
    expect(page.sent.some(({ data }) => data.content?.kind === 'steered')).toBe(false)
    await alive(job, control.id)
    await eventually(() =>
      expect(page.sent.findLast(({ data }) => data.content?.kind === 'steered')?.data.content).toEqual({
        version: 1,
        kind: 'steered',
        job: 0,
        command: 'pause',
      }),
    )
  })

  it('is not kept in a notebook: a page without a kernel shows its picture, and keeps controls', async () => {
    const view = monitor(await trainingJob([{ type: 'started', attempt: 1 }, ...losses(3)]))
    const slider = new IntSlider({ value: 3 })
    const { state } = widgetState() as { state: Record<string, unknown> }
    expect(state).toHaveProperty([slider.model_id])
    expect(state).not.toHaveProperty([view.model_id])
    expect(await view[DISPLAY]()).toHaveProperty(['image/png'])
    slider.close()
  })

  it('starts a job again that has ended, and shows what becomes of it', async () => {
    const job = await trainingJob([{ type: 'started', attempt: 1 }, { type: 'stopped' }], { finished: false })
    const page = openPage()
    const view = monitor(job, { interval: 1 })
    await eventually(() => expect(view.toString()).toMatch(/stopped|created/))
    say(view, custom({ kind: 'steer', job: 0, command: 'restart' }))
    // A process takes it, and finds that these settings train nothing.
    await eventually(() => expect(view.toString()).toContain('failed'))
    // The page is told a moment later.
    await eventually(() => {
      const shown = trainingMonitorState.parse(view.modelState().state)
      expect(shown.jobs[0].error?.message).toContain('settings')
    })
    expect(page.sent.findLast(({ data }) => data.content?.kind === 'steered')?.data.content).toMatchObject({
      job: 0,
      command: 'restart',
    })
  }, 90_000)

  it('answers what it does not understand, or cannot do, with an error', async () => {
    const job = await trainingJob([{ type: 'started', attempt: 1 }])
    const page = openPage()
    const view = monitor(job)
    const answer = async (content: unknown) => {
      page.news()
      say(view, { method: 'custom', content })
      return eventually(() => {
        const found = page.sent.find(({ data }) => data.content?.kind === 'error')
        expect(found).toBeDefined()
        return found!.data.content.message as string
      })
    }
    for (const bad of [
      undefined,
      {},
      'open',
      { version: 2, kind: 'open', view: 'a' },
      { version: 1, kind: 'open', view: '../..' },
      { version: 1, kind: 'steer', job: 0, command: 'rm -rf' },
      { version: 1, kind: 'steer', job: -1, command: 'stop' },
      { version: 1, kind: 'steer', job: 0, command: 'stop', more: 1 },
      { version: 1, kind: 'pictures', ids: [] },
      { version: 1, kind: 'pictures', ids: Array(201).fill('0:0') },
    ])
      expect(await answer(bad)).toContain('does not understand')
    expect(await answer({ version: 1, kind: 'steer', job: 7, command: 'stop' })).toContain('no job 7')
    expect(await answer({ version: 1, kind: 'steer', job: 0, command: 'pause' })).toContain('not running')
  })

  it('says that it is there', async () => {
    const page = openPage()
    const view = monitor(await trainingJob([]))
    page.news()
    say(view, custom({ kind: 'ping' }))
    expect(page.sent.map(({ data }) => data.content)).toEqual([{ version: 1, kind: 'heard' }])
  })

  it('sends the pictures of its jobs, and no other file', async () => {
    const job = await trainingJob([
      { type: 'image', path: 'samples/a.png', caption: 'a ring', step: 1 },
      { type: 'image', path: '../outside.png', caption: 'out', step: 1 },
      { type: 'image', path: 'job.json', caption: 'no picture', step: 1 },
      { type: 'image', path: 'samples/none.png', caption: 'gone', step: 1 },
    ])
    const png = await encodePng(blankPicture(4, 4))
    await mkdir(join(job.dir, 'samples'))
    await writeFile(join(job.dir, 'samples', 'a.png'), png)
    await writeFile(join(job.dir, '..', 'outside.png'), png)
    const page = openPage()
    const view = monitor(job, { interval: 1 })
    await eventually(() => expect(view.modelState().state.jobs).toMatchObject([{ images: { length: 4 } }]))
    say(view, custom({ kind: 'pictures', ids: ['0:0', '0:1', '0:2', '0:3', '0:9', 'x:y'] }))
    const answers = await eventually(() => {
      const found = page.sent.filter(({ data }) => data.content?.kind === 'picture')
      expect(found).toHaveLength(6)
      return found
    })
    expect(answers[0].buffers).toEqual([Buffer.from(png).toString('base64')])
    for (const { buffers, data } of answers.slice(1)) {
      expect(buffers).toBeUndefined()
      expect(data.content.missing).toMatch(/outside|no PNG|ENOENT|no such|cannot read|not found/)
    }
  })

  it('shortens what somebody else wrote, and lets the page change nothing', async () => {
    const job = await trainingJob(
      hostile.map((caption, step) => ({ type: 'image', path: `${step}.png`, caption, step })),
      { name: hostile[3] },
    )
    const page = openPage()
    const view = monitor(job, { title: hostile[0], interval: 1 })
    await eventually(() => expect(view.modelState().state.jobs).toMatchObject([{ images: { length: 4 } }]))
    expect(JSON.stringify(view.modelState().state.jobs).length).toBeLessThan(5_000)
    page.news()
    update(view, { jobs: [], title: 'mine', _esm: 'evil' })
    expect(view.get('title' as never)).toBe(hostile[0])
    expect(page.sent.at(-1)?.data.method).toBe('update')
  })

  it('has a text and a picture for places without widgets', async () => {
    const job = await trainingJob([...losses(20), { type: 'finished', seconds: 1 }])
    const bundle = await monitor(job)[DISPLAY]()
    expect(bundle['text/plain']).toBe(`Training monitor\ncount (${job.id}): finished`)
    expect(
      Buffer.from(bundle['image/png'] as Uint8Array)
        .subarray(1, 4)
        .toString(),
    ).toBe('PNG')
    expect(bundle).toHaveProperty(['application/vnd.jupyter.widget-view+json'])
    expect(() => trainingMonitor([])).toThrow(/no job/)
    const lost = monitor(Promise.reject(new Error('nothing there')))
    expect(await lost[DISPLAY]()).toHaveProperty(['text/plain'], 'Training monitor')
  })

  it('is what a training job shows itself as where there is a page', async () => {
    const job = await trainingJob([...losses(3), { type: 'finished', seconds: 1 }])
    expect(await format(job)).toEqual({ 'text/plain': `Job ${job.id}: finished` })
    openPage()
    const shown = await format(job)
    expect(shown).toHaveProperty(['application/vnd.jupyter.widget-view+json'])
    expect(shown).toHaveProperty(['text/plain'], `Training monitor\ncount (${job.id}): finished`)
    expect(format({ dir: await folder(), id: 'train-1', at })).not.toBeInstanceOf(Promise)
  })
})
