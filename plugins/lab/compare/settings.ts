// In what the settings of several jobs differ: settings as rows of dotted names, one value a job.

export interface Row {
  name: string
  /** One a job, as text; undefined where the job does not have it. */
  values: (string | undefined)[]
  differs: boolean
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Characters of a value that are shown. */
const longest = 300

function write(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > longest ? `${text.slice(0, longest - 1)}…` : text
}

/** Every leaf with its dotted name. A list is one leaf: lists of settings are read as a whole. */
export function flatten(value: unknown, name = '', depth = 0): Map<string, unknown> {
  if (!isRecord(value) || depth > 8 || Object.keys(value).length === 0) return new Map([[name, value]])
  const all = new Map<string, unknown>()
  for (const [key, item] of Object.entries(value))
    for (const entry of flatten(item, name === '' ? key : `${name}.${key}`, depth + 1)) all.set(...entry)
  return all
}

/**
 * Rows for all settings that any of the jobs has, in the order in which they appear.
 *
 * @param settings one object a job; undefined for a job whose job.json cannot be read
 */
export function settingRows(settings: readonly unknown[]): Row[] {
  const flat = settings.map((one) => (isRecord(one) ? flatten(one) : new Map<string, unknown>()))
  const names = [...new Set(flat.flatMap((one) => [...one.keys()]))]
  return names.map((name) => {
    const whole = flat.map((one) => (one.get(name) === undefined ? undefined : JSON.stringify(one.get(name))))
    const differs = whole.some((text) => text !== whole[0])
    const values = flat.map((one) =>
      one.get(name) === undefined ? undefined : describe(one.get(name), differs, flat, name),
    )
    return { name, values, differs }
  })
}

/** Long lists that differ say how long they are; their beginnings would look the same. */
function describe(
  value: unknown,
  differs: boolean,
  all: readonly Map<string, unknown>[],
  name: string,
): string {
  const text = write(value)
  if (!Array.isArray(value) || !differs || !text.endsWith('…')) return text
  const twins = all.filter((one) => one.get(name) !== value && write(one.get(name)) === text).length > 0
  return `[${value.length}] ${twins ? text.slice(0, 60) : text.slice(0, 120)}…`
}
