// Where a recording is kept for others to read: a safetensors file that its owner names, and `recording.json` beside it.
// One folder holds one recording. Not what is in them (recording.ts).
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { constants, copyFile, mkdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fail } from '../base/errors.ts'
import { fileError, readJson, writeJson } from '../base/files.ts'

/** The notes of a recording. */
export const recordingNotes = (path: string): string => join(dirname(path), 'recording.json')

/**
 * Checks, before any work, that a recording may go there.
 *
 * @param replace whether the notes may be another recording's; default false
 * @throws SelmaError `bad-input` for another ending, or for those notes
 */
export function checkRecordingPath(path: string, { replace = false }: { replace?: boolean } = {}): void {
  if (!path.endsWith('.safetensors'))
    fail('bad-input', `a recording in ${path}`, 'name a file that ends in .safetensors')
  const notes = recordingNotes(path)
  if (!replace && existsSync(notes) && !existsSync(path))
    fail('bad-input', `${notes} belongs to another recording`, 'give every recording a folder of its own')
}

/** Copies a recording to a safetensors file, and its notes beside that; each is there whole or not at all. */
export async function copyRecording(from: string, to: string): Promise<void> {
  checkRecordingPath(to)
  const notes = await readJson(recordingNotes(from))
  const temporary = `${to}.${randomBytes(6).toString('hex')}.tmp`
  try {
    await mkdir(dirname(to), { recursive: true })
    await copyFile(from, temporary, constants.COPYFILE_FICLONE)
    await rename(temporary, to)
  } catch (error) {
    throw fileError(error, 'write', to)
  } finally {
    await rm(temporary, { force: true })
  }
  await writeJson(recordingNotes(to), notes)
}
