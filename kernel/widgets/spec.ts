// What a class of widgets is made of: which model and view of which npm module stand for it in the page, and
// its properties. Also how values of it are read: from options, from the page, and for people.
import { inspect } from 'node:util'
import { fail } from '../../lib/base/errors.ts'
import { shorten } from '../display/text.ts'
import { bytesOf, joinBuffers } from './buffers.ts'
import type { Trait } from './traits.ts'
import { isWidget } from './values.ts'

export interface ModelSpec {
  /** npm module, its version, and the model's name in it. */
  readonly model: readonly [module: string, version: string, name: string]
  /** The name is null where there is nothing to see. */
  readonly view: readonly [module: string | null, version: string, name: string | null]
  readonly traits: Readonly<Record<string, Trait>>
}

/** Values by property name. */
export type State = Record<string, unknown>

/** The part of the state that says which model it is. */
export function identity({ model, view }: ModelSpec): State {
  return {
    _model_module: model[0],
    _model_module_version: model[1],
    _model_name: model[2],
    _view_module: view[0],
    _view_module_version: view[1],
    _view_name: view[2],
  }
}

/** The names of the properties that the page knows. */
export function syncedNames({ traits }: ModelSpec): string[] {
  return Object.keys(traits).filter((name) => !traits[name].local)
}

/** @throws SelmaError for a property that the class `owner` has not */
export function traitOf({ traits }: ModelSpec, owner: string, name: string): Trait {
  if (Object.hasOwn(traits, name)) return traits[name]
  const known = Object.keys(traits).filter((one) => !one.startsWith('_'))
  return fail('bad-input', `${owner} has no property '${name}'`, `it has ${known.join(', ')}`)
}

/** @throws SelmaError for a value that the property cannot have */
export function parsed(trait: Trait, owner: string, name: string, value: unknown): unknown {
  const result = trait.parse(value)
  if (result !== undefined) return result
  const shown = shorten(inspect(value, { depth: 1, breakLength: Infinity }), 200)
  return fail('bad-input', `${owner}.${name} cannot be ${shown}`, `it takes ${trait.expects}`)
}

export interface PageUpdate {
  /** Valid values, by name. */
  values: State
  /** The same as the page sent them. */
  raw: State
  /** Properties that the page must be told again. */
  refused: string[]
}

/** Reads an `update` of the page; properties that are not known here are passed over, as ipywidgets does. */
export function readUpdate(
  { traits }: ModelSpec,
  data: { state: State; buffer_paths?: unknown },
  buffers: readonly Uint8Array[],
): PageUpdate {
  const update: PageUpdate = { values: {}, raw: {}, refused: [] }
  for (const [name, json] of Object.entries(joinBuffers(data.state, data.buffer_paths, buffers))) {
    if (!Object.hasOwn(traits, name) || traits[name].local) continue
    const { fixed, fromPage, parse } = traits[name]
    const value = fixed ? undefined : parse(fromPage ? fromPage(json) : json)
    if (value === undefined) update.refused.push(name)
    else {
      update.values[name] = value
      update.raw[name] = json
    }
  }
  return update
}

const first = ['value', 'min', 'max', 'options']
/** How deep in widgets that show widgets. */
let depth = 0

/** `IntSlider(value=3, min=0, max=10, description='steps')`: the value and its limits, and what is not default. */
export function describe(name: string, { traits }: ModelSpec, values: State): string {
  // A box may hold itself.
  if (depth > 1) return `${name}(…)`
  const shown = (value: unknown): string => {
    if (isWidget(value)) return String(value)
    const bytes = bytesOf(value)
    if (bytes) return `<${bytes.length} bytes>`
    if (Array.isArray(value)) return `[${value.map(shown).join(', ')}]`
    return inspect(value, { depth: 2, breakLength: Infinity, maxStringLength: 80, maxArrayLength: 10 })
  }
  depth++
  try {
    const rank = (one: string) => first.indexOf(one) + 1 || first.length + 1
    const names = Object.keys(traits)
      .filter((one) => !one.startsWith('_') && !traits[one].secret)
      .filter((one) => {
        if (['value', 'min', 'max'].includes(one)) return values[one] !== null
        if (traits[one].of) return !/^\w+\(…?\)$/.test(String(values[one]))
        return shown(values[one]) !== shown(traits[one].initial())
      })
    const sorted = names.sort((a, b) => rank(a) - rank(b))
    return `${name}(${sorted.map((one) => `${one}=${shown(values[one])}`).join(', ')})`
  } finally {
    depth--
  }
}
