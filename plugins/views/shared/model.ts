// A view's side of its model: properties as hooks, messages, and the module that anywidget asks for. The model is
// anywidget's AFM interface (https://anywidget.dev/en/afm/), the same in JupyterLab, VS Code and Colab.
import { type ComponentType, h, render } from 'preact'
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { Failure } from './failure.tsx'

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

/** How ipywidgets marks the views of a model whose kernel is gone; its models say so with an event of no content. */
const disconnected = { class: 'jupyter-widgets-disconnected', event: 'comm_live_update' }
const gone = 'The kernel that this belongs to is gone. Run the cell again.'

/** Says so when the kernel's half is gone: nothing that the page asks for will be answered. */
function Lost({ model, el }: { model: Model; el: HTMLElement }) {
  const [lost, setLost] = useState(false)
  useEffect(() => {
    // A moment later: the mark is set by another listener to the same event.
    const look = () => setTimeout(() => setLost(el.closest(`.${disconnected.class}`) !== null))
    look()
    model.on(disconnected.event, look)
    return () => model.off(disconnected.event, look)
  }, [model, el])
  return lost ? h('p', { class: 'selma-error', role: 'status' }, gone) : null
}

/** The default export of a view's module. */
export function defineView<State>(App: ComponentType<{ model: Model<State> }>, name: string) {
  return {
    render({ model, el }: { model: Model<State>; el: HTMLElement }) {
      el.classList.add('selma-view', `selma-${name}`)
      render(h(Failure, null, h(Lost, { model: model as unknown as Model, el }), h(App, { model })), el)
      return () => render(null, el)
    },
  }
}
