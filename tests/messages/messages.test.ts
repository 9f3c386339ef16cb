import { describe, expect, it } from 'vitest'
import {
  controlFile,
  errorMessage,
  jobEvent,
  jobFile,
  parseJobEvent,
  processFile,
} from '../../lib/messages/index.ts'

const time = '2026-11-01T12:00:00.000Z'
const common = { version: 1, time }

describe('a line of events.jsonl', () => {
  it.each([
    { type: 'queued', ahead: 2 },
    { type: 'started', attempt: 1 },
    { type: 'progress', done: 3, total: 10, unit: 'pictures', note: 'two red squares' },
    { type: 'metrics', step: 5, values: { loss: 0.25, lr: 3e-4, stepsPerSecond: null } },
    { type: 'image', path: 'samples/5.png', caption: 'a <b>cat</b>', step: 5 },
    { type: 'checkpoint', step: 5, path: 'checkpoint' },
    { type: 'log', level: 'warn', text: 'slow' },
    { type: 'paused' },
    { type: 'resumed' },
    { type: 'stopped' },
    { type: 'failed', error: { code: 'llm', message: 'no answer', hint: 'try again' } },
    { type: 'finished', seconds: 1.5 },
  ])('may be $type', (event) => {
    expect(parseJobEvent(JSON.stringify({ ...common, ...event }))).toEqual({ ...common, ...event })
  })

  it.each([
    ['cut off', '{"version":1,"type":"pau'],
    ['not an object', '5'],
    ['of a later version', JSON.stringify({ ...common, version: 2, type: 'paused' })],
    ['of an unknown type', JSON.stringify({ ...common, type: 'dance' })],
    ['without a time', JSON.stringify({ version: 1, type: 'paused' })],
    ['with text for a number', JSON.stringify({ ...common, type: 'metrics', step: '5', values: {} })],
  ])('is nothing when %s', (_, line) => {
    expect(parseJobEvent(line)).toBeUndefined()
  })

  it('may carry more than this version knows', () => {
    expect(jobEvent.parse({ ...common, type: 'paused', why: 'lunch' })).toEqual({ ...common, type: 'paused' })
  })
})

describe('the other files', () => {
  it('refuse what they do not know', () => {
    const control = { version: 1, command: 'pause', id: 'a' }
    expect(controlFile.parse(control)).toEqual(control)
    expect(controlFile.safeParse({ ...control, command: 'explode' }).success).toBe(false)
    expect(controlFile.safeParse({ ...control, id: '' }).success).toBe(false)
    expect(errorMessage.safeParse({ code: 'odd', message: '' }).success).toBe(false)
    expect(processFile.safeParse({ version: 1, pid: -1 }).success).toBe(false)
    expect(jobFile.safeParse({ version: 1, stage: 'images', hash: 'short' }).success).toBe(false)
  })
})
