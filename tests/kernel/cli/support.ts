// The real command as a child process.
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const projectRoot = fileURLToPath(new URL('../../..', import.meta.url))

export interface Ended {
  code: number | null
  stdout: string
  stderr: string
}

export interface Started {
  child: ChildProcess
  ended: Promise<Ended>
}

/** Starts a Node script and collects what it prints. */
export function startNode(script: string, args: readonly string[], cwd: string, env = {}): Started {
  const { SELMA_HOME: _, OPENAI_API_KEY: __, ...clean } = process.env
  const child = spawn(process.execPath, [join(projectRoot, script), ...args], {
    cwd,
    env: { ...clean, ...env },
  })
  const ended = new Promise<Ended>((done, failed) => {
    let [stdout, stderr] = ['', '']
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    child.on('error', failed)
    child.on('close', (code) => done({ code, stdout, stderr }))
  })
  return { child, ended }
}

/** Runs `selma` with arguments as typed, split at spaces. */
export function selma(line: string, cwd: string, env = {}): Promise<Ended> {
  return startNode('kernel/bin/selma.mjs', line.split(' ').filter(Boolean), cwd, env).ended
}
