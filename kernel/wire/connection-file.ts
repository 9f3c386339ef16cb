// The connection file: where a client expects the kernel's five sockets, and the key both sign with.
// Checked by hand: a kernel must answer at once, and loading a schema library takes longer than all the rest of
// its start.
import { readFileSync } from 'node:fs'
import { SelmaError } from '../../lib/base/errors.ts'
import { fileError } from '../../lib/base/files.ts'

/** The five sockets. */
export const channels = ['shell', 'iopub', 'stdin', 'control', 'hb'] as const
export type Channel = (typeof channels)[number]

export interface Connection {
  /** ZeroMQ addresses to bind. */
  endpoints: Record<Channel, string>
  /** HMAC key; empty for none. */
  key: string
}

/**
 * Reads a connection file.
 *
 * @throws SelmaError `not-found`, `io` or `bad-file`, naming the file and the field
 */
export function readConnectionFile(path: string): Connection {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw fileError(error, 'read the connection file', path)
  }
  return parseConnection(text, path)
}

/** @param path for error messages */
export function parseConnection(text: string, path: string): Connection {
  const wrong = (what: string): never => {
    const hint = 'Jupyter writes this file when it starts a kernel: choose the kernel in JupyterLab'
    throw new SelmaError('bad-file', `${path} is not a connection file: ${what}`, { hint })
  }
  let file: Record<string, unknown> = {}
  try {
    file = JSON.parse(text)
  } catch (error) {
    wrong(`it is not JSON (${(error as Error).message})`)
  }
  if (typeof file !== 'object' || file === null || Array.isArray(file)) wrong('it is not a dictionary')
  const { transport = 'tcp', ip = '127.0.0.1', key = '', signature_scheme: scheme = 'hmac-sha256' } = file
  if (transport !== 'tcp' && transport !== 'ipc')
    wrong(`transport is ${JSON.stringify(transport)}; known are "tcp" and "ipc"`)
  if (typeof ip !== 'string' || ip === '') wrong(`ip is ${JSON.stringify(ip)}`)
  if (typeof key !== 'string') wrong('key is not a text')
  if (key !== '' && scheme !== 'hmac-sha256')
    wrong(`signature_scheme is ${JSON.stringify(scheme)}; known is "hmac-sha256"`)
  const endpoint = (channel: Channel): string => {
    const port = file[`${channel}_port`]
    const valid = typeof port === 'number' && Number.isInteger(port) && port > 0 && port < 65_536
    if (!valid) wrong(`${channel}_port is ${JSON.stringify(port)}`)
    if (transport === 'ipc') return `ipc://${ip}-${port}`
    return `tcp://${(ip as string).includes(':') ? `[${ip}]` : ip}:${port}`
  }
  const endpoints = Object.fromEntries(channels.map((one) => [one, endpoint(one)]))
  return { endpoints: endpoints as Record<Channel, string>, key: key as string }
}
