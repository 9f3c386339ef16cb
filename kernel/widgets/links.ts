// Properties kept equal: in this process (`link`, `dlink`), or in the page without a round trip (`jslink`,
// `jsdlink`).
import { DirectionalLink, Link } from './generated.ts'
import type { Widget } from './widget.ts'

/** A link that can be taken away. */
export interface Linked {
  unlink(): void
}

type Name<S> = keyof S & string

/**
 * Sets the target's property whenever the source's changes, and at once.
 *
 * @param transform what to make of the value; by default the value itself
 */
export function dlink<S extends object, K extends Name<S>, T extends object, L extends Name<T>>(
  source: Widget<S>,
  name: K,
  target: Widget<T>,
  targetName: L,
  transform: (value: S[K]) => T[L] = (value) => value as unknown as T[L],
): Linked {
  const copy = () => target.set({ [targetName]: transform(source.get(name)) } as never)
  copy()
  const observer = () => void copy()
  source.observe(name, observer)
  return { unlink: () => source.unobserve(name, observer) }
}

/**
 * Keeps two properties equal; at first the source's value wins. Where the other side corrects a value (its
 * limits are narrower), the correction comes back; with transforms it does not, since they need not undo
 * each other.
 *
 * @param transform what to make of the value on its way there, and back
 */
export function link<S extends object, K extends Name<S>, T extends object, L extends Name<T>>(
  source: Widget<S>,
  name: K,
  target: Widget<T>,
  targetName: L,
  transform?: readonly [there: (value: S[K]) => T[L], back: (value: T[L]) => S[K]],
): Linked {
  const [there, back] = transform ?? [(value: unknown) => value, (value: unknown) => value]
  const forward = () => void target.set({ [targetName]: (there as Change)(source.get(name)) } as never)
  const backward = () => void source.set({ [name]: (back as Change)(target.get(targetName)) } as never)
  let busy = false
  const together = (one: () => void, other: () => void) => () => {
    if (busy) return
    busy = true
    try {
      one()
      if (!transform) other()
    } finally {
      busy = false
    }
  }
  const fromSource = together(forward, backward)
  const fromTarget = together(backward, forward)
  fromSource()
  source.observe(name, fromSource)
  target.observe(targetName, fromTarget)
  return {
    unlink() {
      source.unobserve(name, fromSource)
      target.unobserve(targetName, fromTarget)
    },
  }
}

type Change = (value: unknown) => unknown

/** A widget and one of its properties. */
type End<S extends object, K extends Name<S>> = readonly [widget: Widget<S>, name: K]

/** Keeps two properties equal in the page, also where there is no kernel. Close the result to end it. */
export function jslink<S extends object, K extends Name<S>, T extends object, L extends Name<T>>(
  source: End<S, K>,
  target: End<T, L>,
): Link {
  return new Link({ source: source as never, target: target as never })
}

/** Sets the target's property in the page whenever the source's changes there. */
export function jsdlink<S extends object, K extends Name<S>, T extends object, L extends Name<T>>(
  source: End<S, K>,
  target: End<T, L>,
): DirectionalLink {
  return new DirectionalLink({ source: source as never, target: target as never })
}
