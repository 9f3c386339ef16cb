// Handlers that people register on widgets. Each runs as part of the cell that registered it, so that what
// it prints appears there and not under whichever cell came last.
import { AsyncLocalStorage } from 'node:async_hooks'

type Handler<A extends unknown[]> = (...args: A) => unknown

/** Says what a handler threw, in the cell that registered it. */
export function report(error: unknown): void {
  console.error('A widget handler failed:', error)
}

export class Listeners<A extends unknown[]> {
  readonly #all: { handler: Handler<A>; inContext: ReturnType<typeof AsyncLocalStorage.snapshot> }[] = []

  add(handler: Handler<A>): void {
    this.#all.push({ handler, inContext: AsyncLocalStorage.snapshot() })
  }

  /** Takes a handler away, however often it was added; all without one. */
  remove(handler?: Handler<A>): void {
    const kept = handler ? this.#all.filter((one) => one.handler !== handler) : []
    this.#all.splice(0, this.#all.length, ...kept)
  }

  /**
   * Calls them in the order they were added; one that fails does not stop the others.
   *
   * @param thrown gets what a handler threw; by default it is printed. Rejections are always printed.
   */
  emit(args: A, thrown: (error: unknown) => void = report): void {
    for (const { handler, inContext } of [...this.#all]) {
      inContext(() => {
        try {
          const made = handler(...args)
          if (made instanceof Promise) made.catch(report)
        } catch (error) {
          thrown(error)
        }
      })
    }
  }
}
