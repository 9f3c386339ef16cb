// Writes kernel/widgets/generated.ts from the published schema of Jupyter's standard widgets (npm
// @jupyter-widgets/schema). What the schema does not say is in widget-tables.ts.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { writeFileAtomic } from '../lib/base/files.ts'
import {
  type Attribute,
  additions,
  bases,
  imports,
  type Model,
  names,
  numbers,
  type Property,
  properties,
  strings,
} from './widget-tables.ts'

const require = createRequire(import.meta.url)
const schema = require('@jupyter-widgets/schema/jupyterwidgetmodels.latest.json') as Model[]
const target = fileURLToPath(new URL('../kernel/widgets/generated.ts', import.meta.url))

const literal = (value: unknown): string => {
  if (typeof value === 'string') {
    const plain = `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
    return plain.replace(/[^ -~]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`)
  }
  return JSON.stringify(value)
}

const classOf = (model: string): string => names[model] ?? model.replace(/Model$/, '')

function simple(attribute: Attribute, owner: string): Property {
  const initial = literal(attribute.default)
  if (attribute.enum) {
    const choices = attribute.enum.map(literal)
    return { type: choices.join(' | '), trait: `choice(${initial}, [${choices.join(', ')}])` }
  }
  if (attribute.union_attributes) {
    const parts = attribute.union_attributes.map((one) =>
      simple({ ...one, default: attribute.default }, owner),
    )
    return {
      type: parts.map((one) => one.type).join(' | '),
      trait: `either(${parts.map((one) => one.trait).join(', ')})`,
    }
  }
  switch (attribute.type) {
    case 'string':
      return { type: 'string', trait: `text(${initial})` }
    case 'bool':
      return { type: 'boolean', trait: `bool(${initial})` }
    case 'int':
    case 'float':
      return { type: 'number', trait: `${attribute.type}(${initial})` }
    case 'bytes':
      return { type: 'Uint8Array', trait: 'bytes()' }
    case 'Date':
      return { type: 'Date', trait: 'date()' }
    case 'Datetime':
      return { type: 'Date', trait: owner.startsWith('Naive') ? 'naiveDatetime()' : 'datetime()' }
    case 'Time':
      return { type: 'TimeOfDay', trait: 'time()' }
    case 'reference':
      return { type: attribute.widget as string, trait: `reference(() => ${attribute.widget})` }
    case 'array':
      if (attribute.items?.type === 'string') return strings
      if (attribute.items?.type === 'int') return numbers('int')
      if (attribute.items?.type === 'reference' && attribute.items.widget === 'Widget') {
        return { type: 'readonly Widget[]', trait: 'list(widget())' }
      }
  }
  throw new Error(`no rule for ${owner}.${attribute.name}: ${JSON.stringify(attribute)}`)
}

function property(attribute: Attribute, owner: string): Property {
  const special = properties[`${owner}.${attribute.name}`] ?? ('trait' in attribute ? attribute : undefined)
  if (special) return special as Property
  const { type, trait } = simple(attribute, owner)
  if (!attribute.allow_none) return { type, trait }
  return {
    type: `${type} | null`,
    trait: `${attribute.default === null ? 'optional' : 'nullable'}(${trait})`,
  }
}

const isIdentity = ({ name }: Attribute) => /^_(model|view)_/.test(name)
const has = (model: Model, name: string) => model.attributes.some((one) => one.name === name)

/** Attributes that are the same in all of some models. */
function common(models: readonly Model[], but: readonly Attribute[] = []): Attribute[] {
  const same = (a: Attribute, b: Attribute) => JSON.stringify(a) === JSON.stringify(b)
  return models[0].attributes.filter(
    (one) =>
      !isIdentity(one) &&
      !but.some((other) => same(one, other)) &&
      models.every((model) => model.attributes.some((other) => same(one, other))),
  )
}

function doc(attribute: Attribute): string {
  const shown =
    attribute.default !== null && typeof attribute.default !== 'object' && attribute.type !== 'bytes'
  const isNew = attribute.default === 'reference to new instance' || attribute.default === '\u200b'
  const initial = shown && !isNew ? `Default ${literal(attribute.default)}.` : ''
  const help = attribute.help.replace(/\s+/g, ' ').replaceAll('*/', '* /').trim()
  const text = [help && !help.endsWith('.') ? `${help}.` : help, initial].filter(Boolean).join(' ')
  return text ? `/** ${text} */\n` : ''
}

const fields = (attributes: readonly Attribute[], owner: string) =>
  attributes.map((one) => `${doc(one)}${one.name}: ${property(one, owner).type}`).join('\n')
const traits = (attributes: readonly Attribute[], owner: string) =>
  attributes.map((one) => `${one.name}: ${property(one, owner).trait},`).join('\n')

/** What carries the behaviour of a class, and whether it is generic in the type of its values. */
function baseOf(cls: string, model: Model): { base: string; choices?: 'one' | 'many' | 'two' } {
  if (has(model, '_options_labels')) {
    const index = model.attributes.find((one) => one.name === 'index') as Attribute
    if (!Array.isArray(index.default)) return { base: 'Selection', choices: 'one' }
    return { base: 'MultipleSelection', choices: index.default.length === 2 ? 'two' : 'many' }
  }
  if (bases[cls]) return { base: bases[cls] }
  if (has(model, 'allowed_tags')) return { base: 'Tags' }
  if (has(model, 'children')) return { base: 'BoxBase' }
  if (has(model, 'min')) return { base: cls.includes('RangeSlider') ? 'BoundedRange' : 'Bounded' }
  return { base: has(model, '_dom_classes') ? 'DOMWidget' : 'Widget' }
}

const dom = common(schema.filter((one) => has(one, '_dom_classes')))
const described = common(
  schema.filter((one) => has(one, 'description_allow_html')),
  dom,
)

function classText(model: Model): string {
  const cls = classOf(model.model.name)
  const isDescribed = has(model, 'description_allow_html')
  const isDom = has(model, '_dom_classes')
  const inherited = [...(isDom ? dom : []), ...(isDescribed ? described : [])].map((one) => one.name)
  const { base, choices } = baseOf(cls, model)
  const chosen = choices ? ['_options_labels', 'index'] : []
  const own = [...model.attributes, ...(additions[cls] ?? [])].filter(
    ({ name }) => !/^_(model|view)_/.test(name) && !chosen.includes(name),
  )
  const differs = (one: Attribute) => properties[`${cls}.${one.name}`] !== undefined
  const declared = own.filter((one) => !inherited.includes(one.name))
  const overridden = own.filter((one) => inherited.includes(one.name) && differs(one))
  const parents = [isDescribed ? 'DescribedState' : isDom ? 'DOMState' : 'ModelState']
  const spread = [isDescribed ? '...describedTraits,' : isDom ? '...domTraits,' : '...modelTraits,']
  const [generic, applied] = choices ? ['<T = unknown>', '<T>'] : ['', '']
  if (choices === 'one') {
    parents.push('SelectionState<T>')
    const index = model.attributes.find((one) => one.name === 'index') as Attribute
    spread.push(`...selectionTraits(${property(index, cls).trait}),`)
  } else if (choices) {
    parents.push('MultipleSelectionState<T>')
    spread.push(`...multipleSelectionTraits(${choices === 'two' ? '2' : ''}),`)
  }
  const argument = choices ? `T, ${cls}State<T>` : `${cls}State`
  const { module, version, name } = model.model
  const view = model.view
  return `
export interface ${cls}State${generic} extends ${parents.join(', ')} {
${fields(declared, cls)}
}
export interface ${cls}${generic} extends ${cls}State${applied} {}
export class ${cls}${generic} extends ${base}<${argument}> {
  static {
    ${cls}.define(${cls}, {
      model: [${[module, version, name].map(literal).join(', ')}],
      view: [${[view.module, view.version, view.name].map(literal).join(', ')}],
      traits: {
        ${spread.join('\n')}
        ${traits([...overridden, ...declared], cls)}
      },
    })
  }
}
`
}

/** Class expressions refer to each other lazily, but a base must stand before what is built on it. */
function body(): string {
  return schema.map(classText).join('')
}

const head = `// The standard widgets: the ${schema.length} models of @jupyter-widgets/schema ${
  (require('@jupyter-widgets/schema/package.json') as { version: string }).version
}, with their properties, types and
// defaults. Written by scripts/generate-widgets.ts (\`node --import tsx scripts/generate-widgets.ts\`): change that.
// biome-ignore-all lint/suspicious/noUnsafeDeclarationMerging: the properties are defined from the same table
`

/** @throws Error when the text is no TypeScript that the formatter can read */
function formatted(text: string): string {
  const biome = require.resolve('@biomejs/biome/bin/biome')
  const args = [biome, 'check', '--write', '--stdin-file-path=kernel/widgets/generated.ts']
  const cwd = fileURLToPath(new URL('..', import.meta.url))
  const done = spawnSync(process.execPath, args, { input: text, encoding: 'utf8', cwd })
  if (done.status !== 0 || done.stdout === '') throw new Error(`biome failed: ${done.stderr}`)
  return done.stdout
}

/** The text of kernel/widgets/generated.ts. */
export function generate(): string {
  const lines = Object.entries(imports).map(([from, list]) => `import { ${list.join(', ')} } from '${from}'`)
  const text = `${head}${lines.join('\n')}

/** Properties of every model. */
export interface ModelState {
  /** How many views there are in the page; counted only when set to 0 at first. */
  _view_count: number | null
}
const modelTraits = { _view_count: optional(int(null)) }

/** Properties of everything that has a place in the page. */
export interface DOMState extends ModelState {
${fields(dom, '')}
}
export const domTraits = { ...modelTraits, ${traits(dom, '')} }

/** Properties of controls with a description. */
export interface DescribedState extends DOMState {
${fields(described, '')}
}
const describedTraits = { ...domTraits, ${traits(described, '')} }
${body()}`
  return formatted(text)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const text = generate()
  if (readFileSync(target, { encoding: 'utf8', flag: 'a+' }) === text)
    console.log('generated.ts is up to date')
  else {
    await writeFileAtomic(target, text)
    console.log(`wrote generated.ts: ${schema.length} models, ${text.split('\n').length} lines`)
  }
}
