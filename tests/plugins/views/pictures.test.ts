// The pictures a view asks for: together, never twice, not too many at once, and none that went out of sight.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Model } from '../../../plugins/views/shared/model.ts'
import { PictureStore } from '../../../plugins/views/shared/pictures.ts'

let asked: string[][]
let take: (message: object, buffers?: DataView[]) => void
let urls: number
const model = {
  on: (_: string, handler: typeof take) => {
    take = handler
  },
  off: () => {},
  get: () => undefined,
  send: ({ ids }: { ids: string[] }) => asked.push(ids),
} as unknown as Model
const bytes = [new DataView(new ArrayBuffer(4))]
const answer = (id: string, mime = 'image/png') => take({ version: 1, kind: 'picture', id, mime }, bytes)

beforeEach(() => {
  vi.useFakeTimers()
  asked = []
  urls = 0
  vi.spyOn(URL, 'createObjectURL').mockImplementation((blob) => `blob:${(blob as Blob).type} ${++urls}`)
  vi.spyOn(URL, 'revokeObjectURL').mockImplementation(() => {
    urls--
  })
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

describe('the picture store', () => {
  it('asks once, together, and not for what is gone before it asks', () => {
    const store = new PictureStore(model)
    for (const id of ['a', 'b', 'a', 'c']) expect(store.get(id)).toBeUndefined()
    store.forget('b')
    vi.runAllTimers()
    store.get('a')
    vi.runAllTimers()
    expect(asked).toEqual([['a', 'c']])
    const arrived: string[] = []
    store.listen((id) => arrived.push(id))
    answer('a', 'text/html')
    take({ version: 1, kind: 'picture', id: 'c', mime: 'image/png', missing: 'it is gone' })
    answer('never asked for')
    expect(arrived).toEqual(['a', 'c'])
    expect(store.get('a')).toEqual({ url: 'blob:image/png 1', missing: undefined })
    expect(store.get('c')).toEqual({ url: undefined, missing: 'it is gone' })
    store.close()
    expect(urls).toBe(0)
  })

  it('has at most 120 on their way, the latest first', () => {
    const store = new PictureStore(model)
    for (let at = 0; at < 500; at++) store.get(`${at}`)
    vi.runAllTimers()
    expect(asked.map((ids) => ids.length)).toEqual([60, 60])
    expect(asked[1].at(-1)).toBe('499')
    for (let at = 0; at < 370; at++) store.forget(`${at}`)
    for (const id of asked.flat()) answer(id)
    vi.runAllTimers()
    expect(asked.slice(2).flat()).toEqual(Array.from({ length: 10 }, (_, i) => `${370 + i}`))
  })

  it('keeps so many, and drops those not shown for longest', () => {
    const store = new PictureStore(model, 2)
    for (const id of ['a', 'b']) store.get(id)
    vi.runAllTimers()
    for (const id of ['a', 'b']) answer(id)
    store.get('a')
    store.get('c')
    vi.runAllTimers()
    answer('c')
    expect([store.get('a')?.url, store.get('b')?.url]).toEqual(['blob:image/png 1', undefined])
    expect(urls).toBe(2)
  })
})
