// Where recordings are put: one a folder, and nothing half-written.
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { checkRecordingPath, copyRecording } from '../../lib/experts/index.ts'
import { newRoot, rejection, removeRoots } from '../jobs/support/help.ts'
import { goldenPath } from '../support/golden.ts'

afterAll(removeRoots)
const [from, other] = ['sd15', 'lion'].map((name) => goldenPath('recordings', name, 'recording.safetensors'))

it('a copy replaces itself, and leaves no other recording without its notes', async () => {
  const dir = await newRoot()
  const to = join(dir, 'a.safetensors')
  await copyRecording(other, to)
  await copyRecording(from, to)
  expect(await readFile(to)).toEqual(await readFile(from))
  const error = await rejection(copyRecording(other, join(dir, 'b.safetensors')))
  expect(error).toMatchObject({ code: 'bad-input', message: expect.stringContaining('another recording') })
  expect((await readdir(dir)).sort()).toEqual(['a.safetensors', 'recording.json'])
  expect(() => checkRecordingPath(join(dir, 'b.safetensors'), { replace: true })).not.toThrow()
})

it('is a safetensors file', async () => {
  expect(() => checkRecordingPath('run/recording')).toThrow('a recording in run/recording')
  const dir = await newRoot()
  await rejection(copyRecording(join(dir, 'none.safetensors'), join(dir, 'to', 'a.safetensors')))
  expect(await readdir(dir)).toEqual([])
})
