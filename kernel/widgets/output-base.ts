// The Output widget: a list of outputs anywhere among other widgets. ipywidgets redirects messages by their
// parent (`msg_id`); here the outputs are collected in this process and sent as state, so that it works
// the same for asynchronous code and without a page.
import { randomUUID } from 'node:crypto'
import { format } from '../display/formatters.ts'
import type { MimeBundle, Output } from '../outputs.ts'
import { errorOutput, Recorder } from './capture.ts'
import { DOMWidget, type HasClasses } from './dom-widget.ts'

type Outputs = readonly Record<string, unknown>[]

export abstract class OutputBase<S extends HasClasses & { outputs: Outputs }> extends DOMWidget<S> {
  #recorder: Recorder | undefined
  /** What the recorder published last; the outputs are something else when they were set by hand. */
  #published: Outputs | undefined

  append_stdout(text: string): void {
    this.#append({ output_type: 'stream', name: 'stdout', text })
  }

  append_stderr(text: string): void {
    this.#append({ output_type: 'stream', name: 'stderr', text })
  }

  /** Adds a value as it would be displayed; waits only for one that takes time to look like something. */
  append_display_data(value: unknown): void | Promise<void> {
    const add = (data: MimeBundle) =>
      this.#append({
        output_type: 'display_data',
        data,
        metadata: {},
        transient: { display_id: randomUUID() },
      })
    const bundle = format(value)
    return bundle instanceof Promise ? bundle.then(add) : add(bundle)
  }

  /** @param options.wait clears only when the next output comes */
  clear_output({ wait = false }: { wait?: boolean } = {}): void {
    this.#append({ output_type: 'clear_output', wait })
  }

  /**
   * Runs a function so that what it prints and displays appears here; also what it does after its end, and
   * after an `await`. An error is shown here and thrown on.
   *
   * @param options.clear replaces the outputs so far, once there is a new one or the function has ended
   * @param options.until after it nothing more is shown, an error neither
   */
  capture<T>(work: () => T, { clear = false, until }: { clear?: boolean; until?: AbortSignal } = {}): T {
    const recorder = this.#current(clear, until)
    const failed = (error: unknown): never => {
      recorder.apply(errorOutput(error))
      recorder.flush()
      throw error
    }
    let result: T
    try {
      result = recorder.run(work)
    } catch (error) {
      return failed(error)
    }
    if (!(result instanceof Promise)) recorder.flush()
    else {
      return result.then((value) => {
        recorder.flush()
        return value
      }, failed) as T
    }
    return result
  }

  #append(output: Output): void {
    const recorder = this.#current(false)
    recorder.apply(output)
    recorder.flush()
  }

  #current(fresh: boolean, until?: AbortSignal): Recorder {
    const outputs = this.get('outputs')
    if (this.#recorder && !fresh && outputs === this.#published) return this.#recorder
    const recorder = new Recorder(
      (list) => {
        // A capture that was replaced says no more.
        if (this.#recorder !== recorder || until?.aborted) return
        this.set({ outputs: list } as never)
        this.#published = this.get('outputs')
      },
      fresh ? [] : outputs,
    )
    this.#recorder = recorder
    this.#published = outputs
    return recorder
  }
}
