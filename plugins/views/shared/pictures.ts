// Pictures on demand: a view names those it shows, they are asked for together, and arrive as PNG bytes in a
// message's buffer. Kept as blob URLs, the least recently shown dropped first. Nothing is asked for twice at once.
import { useEffect, useMemo, useReducer } from 'preact/hooks'
import type { PictureAnswer } from '../../../lib/messages/views/common.ts'
import type { Model } from './model.ts'

export interface LoadedPicture {
  url?: string
  /** Why there is none. */
  missing?: string
}

/** How many ids one message asks for; lib/messages allows 200. */
const batch = 60
/** How many may be on their way: what was scrolled past must not come before what is in sight. */
const most = 2 * batch

export class PictureStore {
  readonly #model: Model
  readonly #keep: number
  readonly #loaded = new Map<string, LoadedPicture>()
  readonly #wanted = new Set<string>()
  readonly #asked = new Set<string>()
  readonly #listeners = new Set<(id: string) => void>()
  #timer: ReturnType<typeof setTimeout> | undefined

  /** @param keep pictures kept in memory */
  constructor(model: Model, keep = 1_500) {
    this.#model = model
    this.#keep = keep
    model.on('msg:custom', this.#take)
  }

  /** The picture, if it is here; else it is asked for. */
  get(id: string): LoadedPicture | undefined {
    const found = this.#loaded.get(id)
    if (found) {
      this.#loaded.delete(id)
      this.#loaded.set(id, found)
      return found
    }
    if (!this.#asked.has(id)) {
      this.#wanted.add(id)
      // A little later, so that what is scrolled past within that time is not asked for.
      this.#soon()
    }
    return undefined
  }

  /** No longer shown: if it has not been asked for yet, it need not be. */
  forget(id: string): void {
    this.#wanted.delete(id)
  }

  listen(listener: (id: string) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#model.off('msg:custom', this.#take)
    for (const { url } of this.#loaded.values()) if (url) URL.revokeObjectURL(url)
    this.#loaded.clear()
  }

  #soon(): void {
    this.#timer ??= setTimeout(() => this.#ask(), 40)
  }

  #ask(): void {
    this.#timer = undefined
    const room = most - this.#asked.size
    // The latest first; the rest waits for answers, and may be out of sight by then.
    const ids = room > 0 ? [...this.#wanted].slice(-room) : []
    for (const id of ids) {
      this.#wanted.delete(id)
      this.#asked.add(id)
    }
    for (let at = 0; at < ids.length; at += batch) {
      this.#model.send({ version: 1, kind: 'pictures', ids: ids.slice(at, at + batch) })
    }
  }

  readonly #take = (message: PictureAnswer, buffers: readonly DataView[] = []): void => {
    if (message?.kind !== 'picture' || this.#loaded.has(message.id)) return
    if (!this.#asked.delete(message.id)) return
    if (this.#wanted.size > 0) this.#soon()
    const [bytes] = buffers
    // Only picture types: a blob URL of another type could be a page.
    const mime = /^image\/(png|jpeg|webp|gif)$/.test(message.mime) ? message.mime : 'image/png'
    const url = bytes
      ? URL.createObjectURL(new Blob([bytes as unknown as BlobPart], { type: mime }))
      : undefined
    this.#loaded.set(message.id, { url, missing: bytes ? undefined : (message.missing ?? 'no picture') })
    for (const [id, { url: old }] of this.#loaded) {
      if (this.#loaded.size <= this.#keep) break
      this.#loaded.delete(id)
      if (old) URL.revokeObjectURL(old)
    }
    for (const listener of this.#listeners) listener(message.id)
  }
}

/** @param keep pictures kept in memory */
export function usePictureStore(model: Model, keep?: number): PictureStore {
  const store = useMemo(() => new PictureStore(model, keep), [model, keep])
  useEffect(() => () => store.close(), [store])
  return store
}

/** A picture, or undefined while it is on its way. */
export function usePicture(store: PictureStore, id: string | undefined): LoadedPicture | undefined {
  const [, redraw] = useReducer((n: number) => n + 1, 0)
  useEffect(() => {
    if (id === undefined) return
    const stop = store.listen((arrived) => {
      if (arrived === id) redraw(undefined)
    })
    store.get(id)
    return () => {
      stop()
      store.forget(id)
    }
  }, [store, id])
  return id === undefined ? undefined : store.get(id)
}
