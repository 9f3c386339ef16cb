// Lists of pictures by name, the longest unused dropped first when they take too much memory.

export class PictureCache {
  readonly #lists = new Map<string, Uint8Array[]>()
  readonly #most: number

  /** @param most bytes kept, default 64 MB; the list that was opened last always stays */
  constructor(most = 64_000_000) {
    this.#most = most
  }

  get(name: string): readonly Uint8Array[] | undefined {
    return this.#lists.get(name)
  }

  /** The list of a name, to be added to; made empty when there is none. */
  open(name: string): Uint8Array[] {
    const list = this.#lists.get(name) ?? []
    this.#lists.delete(name)
    this.#lists.set(name, list)
    let size = 0
    for (const pictures of this.#lists.values()) for (const bytes of pictures) size += bytes.length
    for (const [old, pictures] of this.#lists) {
      if (size <= this.#most || old === name) break
      this.#lists.delete(old)
      for (const bytes of pictures) size -= bytes.length
    }
    return list
  }

  clear(): void {
    this.#lists.clear()
  }
}
