// What the schema of Jupyter's widgets does not say, for generate-widgets.ts: the names of classes, which class
// carries a model's behaviour, and what ipywidgets 8.1.9 does otherwise.

export interface Attribute {
  name: string
  help: string
  type: string | string[]
  default: unknown
  allow_none?: boolean
  enum?: string[]
  items?: { type: string; widget?: string }
  widget?: string
  union_attributes?: Attribute[]
}

export interface Model {
  attributes: Attribute[]
  model: { name: string; module: string; version: string }
  view: { name: string | null; module: string; version: string }
}

/** A property as TypeScript's checker sees it, and as `traits.ts` declares it. */
export interface Property {
  type: string
  trait: string
}

/** Classes that ipywidgets does not name like their models. */
export const names: Record<string, string> = {
  DOMWidgetModel: 'Media',
  DatetimeModel: 'DatetimePicker',
  NaiveDatetimeModel: 'NaiveDatetimePicker',
  TimeModel: 'TimePicker',
}

/** Behaviour by class; where a pattern is not enough. */
export const bases: Record<string, string> = {
  Accordion: 'SelectionContainer',
  Stack: 'SelectionContainer',
  Tab: 'TabContainer',
  Button: 'ButtonBase',
  Layout: 'LayoutBase',
  Output: 'OutputBase',
  Media: 'MediaBase',
  Image: 'MediaBase',
  Audio: 'MediaBase',
  Video: 'MediaBase',
  Text: 'TextBase',
  Textarea: 'DOMWidget',
  Password: 'TextBase',
  Combobox: 'TextBase',
  FloatLogSlider: 'BoundedLog',
}

const numberPair = (item: string): Property => ({
  type: 'readonly [number, number]',
  trait: `list(${item}(0), [0, 1], 2)`,
})
export const strings: Property = { type: 'readonly string[]', trait: "list(text(''))" }
export const numbers = (item: string): Property => ({ type: 'readonly number[]', trait: `list(${item}(0))` })
const end: Property = { type: 'readonly [Widget, string] | readonly []', trait: 'place()' }

/** Properties that the schema describes loosely. */
export const properties: Record<string, Property> = {
  'IntRangeSlider.value': numberPair('int'),
  'FloatRangeSlider.value': numberPair('float'),
  'TagsInput.value': strings,
  'TagsInput.allowed_tags': strings,
  'ColorsInput.value': strings,
  'ColorsInput.allowed_tags': strings,
  'IntsInput.value': numbers('int'),
  'IntsInput.allowed_tags': numbers('int'),
  'FloatsInput.value': numbers('float'),
  'FloatsInput.allowed_tags': numbers('float'),
  'Link.source': end,
  'Link.target': end,
  'DirectionalLink.source': end,
  'DirectionalLink.target': end,
  'Controller.axes': { type: 'readonly ControllerAxis[]', trait: 'list(widget())' },
  'Controller.buttons': { type: 'readonly ControllerButton[]', trait: 'list(widget())' },
  'FileUpload.description': { type: 'string', trait: "text('Upload')" },
  'FileUpload.value': { type: 'readonly UploadedFile[]', trait: '{ ...list(file()), echo: false }' },
  'Password.value': { type: 'string', trait: "secret(text(''))" },
  'Output.outputs': { type: 'readonly Record<string, unknown>[]', trait: 'list(record())' },
}

/** Properties that the schema does not have. */
export const additions: Record<string, (Attribute & Property)[]> = {
  Layout: [
    {
      name: 'border',
      help: 'The four borders together; null where they differ.',
      type: 'string | null',
      trait: "localOnly(optional(text('')))",
      default: null,
    },
  ],
}

/** What the generated file needs. */
export const imports: Record<string, readonly string[]> = {
  './bounded.ts': ['Bounded', 'BoundedLog', 'BoundedRange', 'Tags'],
  './containers.ts': ['BoxBase', 'SelectionContainer', 'TabContainer'],
  './controls.ts': ['ButtonBase', 'file', 'LayoutBase', 'MediaBase', 'TextBase', 'type UploadedFile'],
  './dom-widget.ts': ['DOMWidget'],
  './output-base.ts': ['OutputBase'],
  './selection.ts': [
    'MultipleSelection',
    'type MultipleSelectionState',
    'multipleSelectionTraits',
    'Selection',
    'type SelectionState',
    'selectionTraits',
  ],
  './times.ts': ['date', 'datetime', 'naiveDatetime', 'type TimeOfDay', 'time'],
  './traits.ts': [
    ...[
      'bool',
      'bytes',
      'choice',
      'either',
      'float',
      'int',
      'list',
      'localOnly',
      'nullable',
      'optional',
      'place',
    ],
    ...['record', 'reference', 'secret', 'text', 'widget'],
  ],
  './widget.ts': ['Widget'],
}
