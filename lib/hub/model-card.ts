// The README.md of an expert on the Hub: front matter that the Hub reads (base model, tags, license), then
// what people need: how it was made, how it scores and by whose judgement, pictures, and how to use it from
// diffusers and from here. Text only; `pushFolder` takes it along. Every text from outside is escaped.
import { stringify } from 'yaml'
import { fail } from '../base/errors.ts'
import { markdownTable, markdownTarget, markdownText, pythonString } from './markdown-text.ts'
import { checkFileName, parseRepoId } from './repo-id.ts'

/** One number of the scores table. */
export interface CardScore {
  /** What was measured, e.g. 'DSG' or 'strict'. */
  metric: string
  /** What was scored, e.g. 'base' or 'base + count'. */
  model: string
  /** Mean and the ends of its interval, as fractions: 0.5 is shown as 50.0. */
  mean: number
  low: number
  high: number
  /** Number of prompts. */
  n: number
  /** Who judged: VQA model or scene reader. */
  judge: string
}

export interface ModelCard {
  /** `organisation/name` that the expert is uploaded to. */
  repo: string
  /** The expert's name. */
  name: string
  /** The model that it was trained on: a name on the Hub, or an embedded one such as 'shapes'. */
  baseModel: string
  /** What it teaches, and what to know before using it. Plain text. */
  summary?: string
  /** Identifier of the license, as the Hub spells it, e.g. 'apache-2.0' or 'creativeml-openrail-m'. */
  license?: string
  /** Where an unlisted license (`other`) is. http or https. */
  licenseLink?: string
  /** Data sets on the Hub that it was trained on. */
  datasets?: readonly string[]
  /** Further tags. */
  tags?: readonly string[]
  /** Every setting that decides the result. */
  settings?: Readonly<Record<string, unknown>>
  scores?: readonly CardScore[]
  /** How the intervals were made. Default: 95 %, bootstrap over prompts. */
  scoresNote?: string
  /** Pictures that lie in the repository. */
  samples?: readonly { file: string; prompt: string; seed?: number }[]
  /** A prompt for the examples. Default: that of the first sample. */
  prompt?: string
  /** Strength of the expert in the examples. Default 1. */
  weight?: number
  /** Name of the LoRA's file. Default `pytorch_lora_weights.safetensors`. */
  weightsFile?: string
}

/**
 * Writes a model card.
 *
 * @returns Markdown with YAML front matter, for README.md
 * @throws SelmaError `bad-input` for a bad name, license or score, `bad-file` for a sample outside the repository
 */
export function createModelCard(card: ModelCard): string {
  const { repo } = parseRepoId(card.repo)
  for (const { file } of card.samples ?? []) checkFileName(file, repo)
  const sections = [
    `---\n${stringify(frontMatter(card), { lineWidth: 0 })}---`,
    `# ${markdownText(card.name)}`,
    `A LoRA for text-to-image, trained on ${baseLink(card.baseModel)} with SELMA Lab.`,
    ...(card.summary ?? '').split(/\n\s*\n/).map(markdownText),
    ...samples(card),
    ...usage(card, repo),
    ...scores(card),
    ...settings(card),
    '## Limits\n\nIt inherits the limits, biases and license terms of its base model. The scores hold for the judge, prompts and seeds named here, and for nothing else.',
  ]
  return `${sections.filter((text) => text !== '').join('\n\n')}\n`
}

/** A name on the Hub, if it is one. */
function hubName(name: string): string | undefined {
  try {
    return parseRepoId(name).repo
  } catch {
    return undefined
  }
}

/** The Hub refuses a card whose `base_model` or `datasets` cannot be names there: those are left to the text. */
function frontMatter(card: ModelCard): Record<string, unknown> {
  const { license, licenseLink, tags = [] } = card
  if (license !== undefined && !/^[a-z0-9][a-z0-9.+-]{0,60}$/.test(license))
    fail(
      'bad-input',
      `license ${JSON.stringify(license)}`,
      "give an identifier such as 'apache-2.0', or 'other'",
    )
  if (licenseLink !== undefined && !/^https?:\/\/[^\s<>"]+$/.test(licenseLink))
    fail('bad-input', `license link ${JSON.stringify(licenseLink)}`, 'give an http or https address')
  const base = hubName(card.baseModel)
  const datasets = (card.datasets ?? []).filter((name) => hubName(name) !== undefined)
  return {
    ...(base ? { base_model: base, base_model_relation: 'adapter' } : {}),
    library_name: 'diffusers',
    pipeline_tag: 'text-to-image',
    tags: [...new Set(['text-to-image', 'diffusers', 'lora', 'selma', ...tags])],
    ...(license ? { license } : {}),
    ...(licenseLink ? { license_link: licenseLink } : {}),
    ...(datasets.length > 0 ? { datasets } : {}),
  }
}

function baseLink(name: string): string {
  const base = hubName(name)
  return base ? `[${markdownText(base)}](https://huggingface.co/${base})` : `**${markdownText(name)}**`
}

function samples({ samples: pictures = [] }: ModelCard): string[] {
  if (pictures.length === 0) return []
  const lines = pictures.map(({ file, prompt, seed }) => {
    const caption = `${markdownText(prompt)}${seed === undefined ? '' : ` (seed ${seed})`}`
    return `![${markdownText(prompt)}](${markdownTarget(file)})\n\n${caption}`
  })
  return ['## Pictures', ...lines]
}

function usage(card: ModelCard, repo: string): string[] {
  const { weight = 1, weightsFile = 'pytorch_lora_weights.safetensors' } = card
  if (!Number.isFinite(weight)) fail('bad-input', `weight ${weight}`, 'give a number; 1 is the whole expert')
  checkFileName(weightsFile, repo)
  const base = hubName(card.baseModel)
  const prompt = card.prompt ?? card.samples?.[0]?.prompt ?? 'a picture'
  const python = [
    'from diffusers import AutoPipelineForText2Image',
    '',
    `pipeline = AutoPipelineForText2Image.from_pretrained(${pythonString(base ?? `path/to/${card.baseModel}`)})`,
    `pipeline.load_lora_weights(${pythonString(repo)}, weight_name=${pythonString(weightsFile)}, adapter_name="expert")`,
    `pipeline.set_adapters(["expert"], adapter_weights=[${weight}])`,
    `image = pipeline(${pythonString(prompt)}).images[0]`,
    'image.save("picture.png")',
  ]
  const here = [
    `const lora = await experts.load(${JSON.stringify(repo)})`,
    `const base = await T2I.load(${JSON.stringify(card.baseModel)})`,
    `await base.with(lora${weight === 1 ? '' : `, { weight: ${weight} }`}).draw(${JSON.stringify(prompt)}, { seed: 0 })`,
  ]
  return [
    '## Use',
    `With diffusers${base ? '' : ' (the base model is not on the Hub: save it as a pipeline folder first)'}:`,
    fenced('python', python.join('\n')),
    'With SELMA Lab, in a notebook:',
    fenced('ts', here.join('\n')),
  ]
}

/** A block of code, with a fence longer than any run of backticks in it. */
function fenced(language: string, code: string): string {
  const longest = Math.max(2, ...[...code.matchAll(/`+/g)].map(([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  return `${fence}${language}\n${code}\n${fence}`
}

function scores({ scores: rows = [], scoresNote }: ModelCard): string[] {
  if (rows.length === 0) return []
  const points = (value: number): string => (value * 100).toFixed(1)
  for (const { metric, model, mean, low, high, n } of rows)
    if (
      ![mean, low, high].every(Number.isFinite) ||
      low > mean ||
      mean > high ||
      !Number.isInteger(n) ||
      n < 1
    )
      fail(
        'bad-input',
        `${metric} of ${model}: ${mean} [${low}, ${high}], n ${n}`,
        'give low ≤ mean ≤ high, and n',
      )
  return [
    '## Scores',
    markdownTable(
      ['Model', 'Metric', 'Points', '95 % interval', 'Prompts', 'Judge'],
      rows.map((row) => [
        ...[row.model, row.metric, points(row.mean), `${points(row.low)} to ${points(row.high)}`],
        ...[String(row.n), row.judge],
      ]),
      [2, 3, 4],
    ),
    markdownText(scoresNote ?? 'Intervals: 95 %, bootstrap over prompts. Higher is better.'),
  ]
}

function settings({ settings: values = {} }: ModelCard): string[] {
  const rows = Object.entries(values).filter(([, value]) => value !== undefined)
  if (rows.length === 0) return []
  const shown = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))
  return [
    '## Training',
    markdownTable(
      ['Setting', 'Value'],
      rows.map(([name, value]) => [name, shown(value)]),
    ),
  ]
}
