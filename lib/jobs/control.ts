// Reading and writing control.json. What a job does about it: running-job.ts.
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeJson } from '../base/files.ts'
import { type ControlCommand, type ControlFile, controlFile } from '../messages/control.ts'
import { jobFiles } from './directory.ts'

/** Asks a job for something; returns the id that process.json names once it is done. */
export async function writeControl(dir: string, command: ControlCommand): Promise<string> {
  const request: ControlFile = { version: 1, command, id: randomUUID() }
  await writeJson(join(dir, jobFiles.control), request)
  return request.id
}

/** What is asked last; `undefined` when nothing is, or the file is damaged. */
export function readControl(dir: string): ControlFile | undefined {
  try {
    return controlFile.safeParse(JSON.parse(readFileSync(join(dir, jobFiles.control), 'utf8'))).data
  } catch {
    return undefined
  }
}
