// A view's side of its model: properties as hooks, messages, and the module that anywidget asks for. The model is
// anywidget's AFM interface (https://anywidget.dev/en/afm/), the same in JupyterLab, VS Code and Colab.
import { type ComponentType, h, render } from 'preact'
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { Failure } from './failure.tsx'
import { Silence, unsent } from './silence.ts'

export interface Model<State = object> {
  get<Name extends keyof State & string>(name: Name): State[Name]
  on(event: string, handler: (...args: never[]) => void): void
  off(event: string, handler: (...args: never[]) => void): void
  send(content: unknown, callbacks?: unknown, buffers?: ArrayBuffer[]): void
}

/** What a message from the kernel looks like before its kind is known. */
export interface Incoming {
  version: 1
  kind: string
}

/** A property's value; the component is drawn again when the kernel changes it. */
export function useTrait<State, Name extends keyof State & string>(
  model: Model<State>,
  name: Name,
): State[Name] {
  const [value, setValue] = useState(() => model.get(name))
  useEffect(() => {
    const changed = () => setValue(() => model.get(name))
    changed()
    model.on(`change:${name}`, changed)
    return () => model.off(`change:${name}`, changed)
  }, [model, name])
  return value
}

/** Calls a handler with each message of the kernel, of whatever kind; the latest handler counts. */
export function useMessages<State, Out extends { kind: string }>(
  model: Model<State>,
  handler: (message: Out, buffers: readonly DataView[]) => void,
): void {
  const latest = useRef(handler)
  latest.current = handler
  useEffect(() => {
    const take = (message: unknown, buffers: readonly DataView[] = []) => {
      if (typeof message === 'object' && message !== null && 'kind' in message)
        latest.current(message as Out, buffers)
    }
    model.on('msg:custom', take)
    return () => model.off('msg:custom', take)
  }, [model])
}

let views = 0
const page = Math.random().toString(36).slice(2, 10)

/** A name for this view, unlike that of any other view of the model, in this page or another. */
export function useViewId(): string {
  return useMemo(() => `${page}-${++views}`, [])
}

/**
 * A model whose `send` does not throw when the front end has dropped the connection (after a restart of the kernel,
 * say), but tells the view's element.
 */
function sending<State>(model: Model<State>, el: HTMLElement): Model<State> {
  return {
    get: (name) => model.get(name),
    on: (event, handler) => model.on(event, handler),
    off: (event, handler) => model.off(event, handler),
    send(...message) {
      try {
        model.send(...message)
      } catch {
        el.dispatchEvent(new Event(unsent))
      }
    },
  }
}

/** The default export of a view's module. */
export function defineView<State>(App: ComponentType<{ model: Model<State> }>, name: string) {
  return {
    render({ model: given, el }: { model: Model<State>; el: HTMLElement }) {
      const model = sending(given, el)
      el.classList.add('selma-view', `selma-${name}`)
      render(h(Failure, null, h(Silence, { model: model as unknown as Model, el }), h(App, { model })), el)
      return () => render(null, el)
    },
  }
}
