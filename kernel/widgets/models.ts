// The widgets of this process as a whole: which class stands for which model, what the page asks about all
// of them (the comm target `jupyter.widget.control`), and those that the page makes itself.
import type { Comm, CommContent } from '../comms.ts'
import { comms } from '../comms.ts'
import { isRecord } from '../display/table.ts'
import { splitBuffers } from './buffers.ts'
import type { ModelSpec, State } from './spec.ts'
import { openWidgets } from './values.ts'

export interface ModelState {
  model_name: string
  model_module: string
  model_module_version: string
  state: State
}

interface OpenModel {
  modelState(): ModelState
  /** What it shows comes from the kernel: a page without one would draw it empty. */
  readonly needsKernel: boolean
  close(): void
}

/** Makes a widget of a class over a comm that is open already, from what the page says of it. */
type Adopt = (comm: Comm, opening: CommContent) => void

const classes = new Map<string, Adopt>()
const key = (module: unknown, name: unknown) => `${module} ${name}`

export function registerModel({ model: [module, , name] }: ModelSpec, adopt: Adopt): void {
  classes.set(key(module, name), adopt)
}

const all = () => [...(openWidgets as unknown as Map<string, OpenModel>)]

/**
 * All open widgets, as a notebook's metadata keeps them under `widgets` and this MIME type:
 * `application/vnd.jupyter.widget-state+json`. With it nbviewer and nbconvert draw them without a kernel. Those that
 * need one are left out, so that the picture beside them is shown.
 */
export function widgetState(): Record<string, unknown> {
  const kept = all().filter(([, { needsKernel }]) => !needsKernel)
  const state = kept.map(([id, widget]) => {
    const { state: values, ...model } = widget.modelState()
    const { state, buffer_paths, buffers } = splitBuffers(values)
    const encoded = buffers.map((one, at) => ({
      encoding: 'base64',
      path: buffer_paths[at],
      data: Buffer.from(one).toString('base64'),
    }))
    return [id, { ...model, state, ...(encoded.length > 0 ? { buffers: encoded } : {}) }]
  })
  return { version_major: 2, version_minor: 0, state: Object.fromEntries(state) }
}

/** Closes every widget, as a kernel does when its notebook starts over. */
export function closeAll(): void {
  for (const [, widget] of all()) widget.close()
}

const major = (opening: CommContent) => String(opening.metadata.version ?? '').split('.')[0]

/** Answers the page on the comm targets of widgets. @returns how to stop */
export function listenToPage(): () => void {
  const stopControl = comms.registerTarget('jupyter.widget.control', (comm, opening) => {
    if (major(opening) !== '1') return comm.close()
    comm.onMessage(({ data }) => {
      if (data.method !== 'request_states') return
      const states = Object.fromEntries(all().map(([id, widget]) => [id, { ...widget.modelState() }]))
      const { state, buffer_paths, buffers } = splitBuffers(states)
      comm.send({ method: 'update_states', states: state, buffer_paths }, { buffers })
    })
  })
  const stopModels = comms.registerTarget('jupyter.widget', (comm, opening) => {
    const { state } = opening.data
    const adopt = isRecord(state) && classes.get(key(state._model_module, state._model_name))
    if (major(opening) !== '2' || !adopt) return comm.close()
    try {
      adopt(comm, opening)
    } catch {
      // Not a widget that can be made from what the page said; it learns so by the closing.
      comm.close()
    }
  })
  return () => {
    stopControl()
    stopModels()
  }
}
