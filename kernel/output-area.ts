// The outputs under the cells of a notebook, as messages build them up: streams run together, displays
// are updated in place wherever they are, clearing waits when it is asked to.
import type { NotebookOutput } from './notebook.ts'
import type { MimeBundle, Output } from './outputs.ts'

/** More stream text than this a cell does not keep, in characters. */
export const MAX_STREAM = 10_000_000

/** A display that can be updated, wherever it is shown. */
type Shown = Extract<NotebookOutput, { output_type: 'display_data' | 'execute_result' }>

/** All displays of a notebook, by display id. */
export type DisplayIndex = Map<string, Shown[]>

export class OutputArea {
  readonly #outputs: NotebookOutput[]
  readonly #displays: DisplayIndex
  #clearNext = false
  #streamed = 0

  /**
   * @param outputs the cell's list, changed in place
   * @param displays shared by the areas of one notebook
   */
  constructor(outputs: NotebookOutput[], displays: DisplayIndex) {
    this.#outputs = outputs
    this.#displays = displays
  }

  apply(output: Output): void {
    if (output.output_type === 'clear_output') {
      if (output.wait) this.#clearNext = true
      else this.#clear()
      return
    }
    if (output.output_type === 'update_display_data') {
      for (const one of this.#displays.get(output.transient.display_id) ?? []) {
        one.data = output.data
        one.metadata = output.metadata
      }
      return
    }
    if (this.#clearNext) this.#clear()
    if (output.output_type === 'stream') this.#stream(output.name, output.text)
    else if (output.output_type === 'display_data') {
      const { data, metadata, transient } = output
      this.#show({ output_type: 'display_data', data, metadata }, transient.display_id)
    } else if (output.output_type === 'error' || output.output_type === 'execute_result') {
      this.#outputs.push({ ...output })
    }
  }

  #show(
    output: { output_type: 'display_data'; data: MimeBundle; metadata: Record<string, unknown> },
    id: string,
  ): void {
    this.#outputs.push(output)
    this.#displays.set(id, [...(this.#displays.get(id) ?? []), output])
  }

  #stream(name: 'stdout' | 'stderr', text: string): void {
    if (this.#streamed > MAX_STREAM) return
    const room = MAX_STREAM - this.#streamed
    this.#streamed += text.length
    const last = this.#outputs.at(-1)
    const note = `\n… more than ${MAX_STREAM.toLocaleString('en')} characters were printed; the rest is left out\n`
    const kept = text.length > room ? text.slice(0, room) + note : text
    if (last?.output_type === 'stream' && last.name === name) last.text += kept
    else this.#outputs.push({ output_type: 'stream', name, text: kept })
  }

  #clear(): void {
    this.#clearNext = false
    this.#streamed = 0
    for (const gone of this.#outputs.splice(0)) {
      for (const [id, list] of this.#displays) {
        const left = list.filter((one) => one !== gone)
        if (left.length < list.length) this.#displays.set(id, left)
      }
    }
  }
}
