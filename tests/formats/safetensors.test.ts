import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { SelmaError } from '../../lib/base/errors.ts'
import {
  decodeSafetensors,
  encodeSafetensors,
  readSafetensorsHeader,
  readSafetensorsHeaderSync,
  readSafetensorsSync,
  SafetensorsFile,
  type SafetensorsTensor,
  writeSafetensors,
} from '../../lib/formats/safetensors.ts'
import { fileOf, mutateHeaders } from './safetensors-fuzz.ts'

const folder = mkdtempSync(join(tmpdir(), 'safetensors-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const goldenFile = (name: string) => `tests/golden/data/formats/${name}.safetensors`

describe('reading', () => {
  it('reads every dtype Python wrote', async () => {
    const file = await SafetensorsFile.open(goldenFile('every-dtype'))
    expect(file.metadata).toEqual({ a: 'é"\\\n\u0001\u007f\u2028' })
    for (const name of ['int8', 'int16', 'int32', 'float32', 'float64', 'uint8', 'uint16', 'uint32'])
      expect([...(await file.tensor(name)).data]).toEqual([0, 1, 2, 3, 4, 5])
    for (const name of ['int64', 'uint64'])
      expect([...(await file.tensor(name)).data]).toEqual([0n, 1n, 2n, 3n, 4n, 5n])
    expect([...(await file.tensor('bool')).data]).toEqual([0, 1, 0, 1, 0, 1])
    for (const name of ['float16', 'float32', 'float64'])
      expect(await file.floats(name)).toEqual(Float32Array.of(0, 1, 2, 3, 4, 5))
    expect(file.entry('float32').shape).toEqual([2, 3])
    await expect(file.floats('int64')).rejects.toThrow('dtype I64')
    await expect(file.tensor('nothing')).rejects.toMatchObject({ code: 'not-found' })
  })

  it('gives absolute offsets, alike in all readers', async () => {
    const path = goldenFile('odd-names')
    const header = await readSafetensorsHeader(path)
    expect(readSafetensorsHeaderSync(path)).toEqual(header)
    const bytes = readFileSync(path)
    const { offset } = header.tensors.get('😀')!
    expect(bytes.readDoubleLE(offset)).toBe(2.5)
    expect(header.tensors.get('é')).toMatchObject({ shape: [0, 2], length: 0 })
    expect([...header.tensors.keys()]).toContain('__proto__')
    const sync = readSafetensorsSync(path)
    expect(decodeSafetensors(bytes).tensors).toEqual(sync)
    const file = await SafetensorsFile.open(path)
    for (const name of file.names()) expect(await file.tensor(name)).toEqual(sync.get(name))
  })

  it('names a missing file', async () => {
    await expect(readSafetensorsHeader(join(folder, 'none'))).rejects.toMatchObject({ code: 'not-found' })
    expect(() => readSafetensorsHeaderSync(folder)).toThrow(SelmaError)
  })
})

describe('writing', () => {
  it.each(['every-dtype', 'odd-names', 'empty', 'half'])('rewrites %s byte for byte as Python', (name) => {
    const bytes = readFileSync(goldenFile(name))
    const { metadata, tensors } = decodeSafetensors(bytes)
    const shuffled = Object.fromEntries([...tensors].reverse())
    const again = encodeSafetensors(shuffled, Object.keys(metadata).length ? metadata : undefined)
    expect(Buffer.compare(again, bytes)).toBe(0)
  })

  it('sorts metadata, which the reference leaves in random order', () => {
    const bytes = encodeSafetensors({}, { b: '2', a: '1', é: '3' })
    expect(Buffer.from(bytes.subarray(8)).toString().trimEnd()).toBe(
      '{"__metadata__":{"a":"1","b":"2","é":"3"}}',
    )
  })

  it('keeps a file that could not be replaced', async () => {
    const path = join(folder, 'kept.safetensors')
    const data = Float32Array.of(1, 2)
    await writeSafetensors(path, { a: { dtype: 'F32', shape: [2], data } })
    await expect(writeSafetensors(path, { a: { dtype: 'F32', shape: [3], data } })).rejects.toThrow(
      'shape [3]',
    )
    expect(readSafetensorsSync(path).get('a')!.data).toEqual(data)
  })

  const one = Float32Array.of(1)
  it.each<[string, Record<string, unknown>]>([
    ['__metadata__', { __metadata__: { dtype: 'F32', shape: [1], data: one } }],
    ['Float32Array', { a: { dtype: 'F16', shape: [1], data: one } }],
    ['dtype F4', { a: { dtype: 'F4', shape: [1], data: one } }],
    ['shape [-1]', { a: { dtype: 'F32', shape: [-1], data: one } }],
    ['valid Unicode', { '\ud800': { dtype: 'F32', shape: [1], data: one } }],
  ])('refuses %s', (message, tensors) => {
    expect(() => encodeSafetensors(tensors as Record<string, SafetensorsTensor>)).toThrow(message)
  })
})

describe('every rule of the format', () => {
  const t = (begin: number, end: number, shape: unknown = [(end - begin) / 4], dtype: unknown = 'F32') =>
    JSON.stringify({ dtype, shape, data_offsets: [begin, end] })
  it.each<[string, string | Uint8Array, number]>([
    ["does not start with '{'", ' {}', 0],
    ["does not start with '{'", '[]', 0],
    ["does not start with '{'", '', 0],
    ['not UTF-8 JSON', '{"a":}', 0],
    ['not UTF-8 JSON', Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d), 0],
    ['the key "a" twice', `{"a":${t(0, 4)},"\\u0061":${t(4, 8)}}`, 8],
    ['the key "dtype" twice', '{"a":{"dtype":"F32","shape":[0],"dtype":"F32","data_offsets":[0,0]}}', 0],
    ['__metadata__ is not an object', '{"__metadata__":[]}', 0],
    ['__metadata__["n"] is 1, not a string', '{"__metadata__":{"n":1}}', 0],
    ['is not described by an object', '{"a":1}', 0],
    ['has the dtype "F33"', `{"a":${t(0, 4, [1], 'F33')}}`, 4],
    ['has the dtype "constructor"', `{"a":${t(0, 4, [1], 'constructor')}}`, 4],
    ['has the shape [-1]', `{"a":${t(0, 4, [-1])}}`, 4],
    ['has the shape [1.5]', `{"a":${t(0, 4, [1.5])}}`, 4],
    ['has the shape "4"', `{"a":${t(0, 4, '4')}}`, 4],
    ['too large to count', `{"a":${t(0, 4, [2 ** 40, 2 ** 40])}}`, 4],
    ['run backwards', `{"a":${t(4, 0, [1])}}`, 4],
    ['ends at byte 8 of the data, which has only 4', `{"a":${t(0, 8)}}`, 4],
    ['needs 8 bytes but has 4', `{"a":${t(0, 4, [2])}}`, 4],
    ['(overlap)', `{"a":${t(0, 8)},"b":${t(4, 12)}}`, 12],
    ['(hole)', `{"a":${t(0, 4)},"b":${t(8, 12)}}`, 12],
    ['(hole)', `{"a":${t(4, 8)}}`, 8],
    ['cover 4 of 8 bytes', `{"a":${t(0, 4)}}`, 8],
    ['not two whole numbers', '{"a":{"dtype":"F32","shape":[],"data_offsets":[0]}}', 0],
    ['not two whole numbers', '{"a":{"dtype":"F32","shape":[],"data_offsets":["0","4"]}}', 4],
  ])('%s', async (message, header, dataLength) => {
    const bytes = fileOf(header, dataLength)
    expect(() => decodeSafetensors(bytes)).toThrow(message)
    const path = join(folder, 'broken.safetensors')
    writeFileSync(path, bytes)
    await expect(readSafetensorsHeader(path)).rejects.toMatchObject({ code: 'bad-file' })
    await expect(readSafetensorsHeader(path)).rejects.toThrow(path)
  })

  it('refuses impossible lengths before reading them', () => {
    const path = join(folder, 'long.safetensors')
    const refuse = (bytes: Uint8Array, message: string) => {
      writeFileSync(path, bytes)
      expect(() => readSafetensorsHeaderSync(path)).toThrow(message)
    }
    const claim = (length: bigint) => {
      const bytes = fileOf('{}', 0)
      new DataView(bytes.buffer).setBigUint64(0, length, true)
      return bytes
    }
    refuse(new Uint8Array(7), 'it has 7 bytes')
    refuse(claim(100_000_001n), 'at most 100,000,000')
    refuse(claim(2n ** 64n - 1n), 'claims 18446744073709551615 bytes')
    refuse(claim(3n), 'only 2 follow')
  })

  it('allows empty tensors, scalars, unsorted entries and trailing spaces', () => {
    const bytes = fileOf(`{"b":${t(4, 8)},"e":${t(4, 4, [0, 3])},"a":${t(0, 4, [])}}   `, 8)
    expect([...decodeSafetensors(bytes).tensors.keys()]).toEqual(['a', 'e', 'b'])
  })
})

it('survives 500 damaged headers with a clear error or a consistent result', () => {
  expect(mutateHeaders(500, 1).refused).toBeGreaterThan(250)
})
