import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseConnection, readConnectionFile } from '../../../kernel/wire/connection-file.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const good = {
  transport: 'tcp',
  ip: '127.0.0.1',
  key: 'k',
  signature_scheme: 'hmac-sha256',
  shell_port: 1,
  iopub_port: 2,
  stdin_port: 3,
  control_port: 4,
  hb_port: 5,
  kernel_name: 'selma',
}

describe('a connection file', () => {
  it('is read', async () => {
    const path = join(await temporaryFolder(), 'c.json')
    writeFileSync(path, JSON.stringify(good))
    expect(readConnectionFile(path)).toEqual({
      key: 'k',
      endpoints: {
        shell: 'tcp://127.0.0.1:1',
        iopub: 'tcp://127.0.0.1:2',
        stdin: 'tcp://127.0.0.1:3',
        control: 'tcp://127.0.0.1:4',
        hb: 'tcp://127.0.0.1:5',
      },
    })
  })

  it.each([
    [{ ip: '::1' }, 'tcp://[::1]:1'],
    [{ transport: 'ipc', ip: '/tmp/k' }, 'ipc:///tmp/k-1'],
  ])('may say %j', (change, endpoint) => {
    expect(parseConnection(JSON.stringify({ ...good, ...change }), 'c.json').endpoints.shell).toBe(endpoint)
  })

  it.each([
    [{ hb_port: undefined }, 'hb_port is undefined'],
    [{ shell_port: '1' }, 'shell_port is "1"'],
    [{ iopub_port: 70_000 }, 'iopub_port is 70000'],
    [{ transport: 'udp' }, 'transport is "udp"; known are "tcp" and "ipc"'],
    [{ ip: '' }, 'ip is ""'],
    [{ key: 5 }, 'key is not a text'],
    [{ signature_scheme: 'hmac-md5' }, 'signature_scheme is "hmac-md5"'],
  ])('with %j is refused', (change, why) => {
    const text = JSON.stringify({ ...good, ...change })
    expect(() => parseConnection(text, 'c.json')).toThrow(`c.json is not a connection file: ${why}`)
  })

  it('that is missing or no JSON is named', () => {
    expect(() => readConnectionFile('/nowhere/c.json')).toThrow('/nowhere/c.json')
    expect(() => parseConnection('{', 'c.json')).toThrow('c.json is not a connection file: it is not JSON')
    expect(() => parseConnection('[]', 'c.json')).toThrow('it is not a dictionary')
  })
})
