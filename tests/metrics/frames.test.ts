import { register } from 'tsx/cjs/api'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { toFrame } from '../../lib/metrics/frames.ts'
import { pictureRow } from './sets.ts'

// danfojs is loaded by tsx, as wherever the project runs: the TensorFlow.js files it needs leave out extensions.
let unregister: () => void
beforeAll(() => {
  unregister = register()
})
afterAll(() => unregister())

describe('toFrame', () => {
  it('has a column for every field and a row for every record', async () => {
    const frame = await toFrame([pictureRow('a', 0.5), pictureRow('b', 1, { objects: 3, skill: 'count' })])
    expect(frame.shape).toEqual([2, 8])
    expect(frame.columns).toEqual(['model', 'judge', 'seed', 'itemId', 'dsg', 'strict', 'objects', 'skill'])
    expect(frame.ctypes.values).toEqual([
      'string',
      'string',
      'int32',
      'string',
      'float32',
      'boolean',
      'float32',
      'string',
    ])
    expect(frame.column('dsg').values).toEqual([0.5, 1])
    expect(frame.column('objects').values).toEqual([Number.NaN, 3])
    expect(frame.column('skill').values).toEqual([null, 'count'])
  })

  it('keeps a text column text when its first cells are empty', async () => {
    const frame = await toFrame([{ note: undefined }, { note: null }, { note: '12' }])
    expect(frame.ctypes.values).toEqual(['string'])
  })

  it('is empty of nothing', async () => {
    expect((await toFrame([])).shape[0]).toBe(0)
  })

  it('refuses mixed and nested columns', async () => {
    await expect(toFrame([{ a: 1 }, { a: 'x' }])).rejects.toThrow(/column a mixes number and string/)
    await expect(toFrame([{ a: { b: 1 } }])).rejects.toThrow(/column a holds objects/)
  })
})
