// The offline writer: it answers the very requests an LLM gets, by templates, so that the whole pipeline
// runs without a network. It is not an LLM and is never called one. Like an LLM it repeats itself and
// breaks the format now and then, at known rates.
import type { CompletionRequest, LanguageModel } from '../base/completion.ts'
import { fail } from '../base/errors.ts'
import { Random } from '../base/random.ts'
import { caption } from './captions.ts'
import { parseCaption } from './parse-caption.ts'
import { roomy, sampleScene } from './sample-scene.ts'
import {
  backgrounds,
  colors,
  directions,
  namedSizes,
  type Scene,
  sceneProblem,
  shapes,
  signature,
} from './scene.ts'
import { splitOf } from './split.ts'

export interface OfflineWriterOptions {
  /** Added to the seed of every request; default 0. */
  seed?: number
  /** Share of lines that are no caption or break the list's format; default 0.05. */
  malformedRate?: number
  /** Share of lines that repeat an example or an earlier line; default 0.08. */
  duplicateRate?: number
}

interface Example {
  text: string
  scene: Scene
}

/** What the writer takes from a request. */
interface Brief {
  examples: Example[]
  firstNumber: number
  count: number
  maxWords: number
}

const words = (text: string) => text.split(/\s+/).filter(Boolean).length

function tryParse(text: string): Scene | undefined {
  try {
    return parseCaption(text)
  } catch {
    return undefined
  }
}

function readBrief(prompt: string): Brief {
  const examples: Example[] = []
  let last = 0
  for (const [, number, text] of prompt.matchAll(/^\s*(\d{1,4})[.)]\s+(.+)$/gm)) {
    last = Math.max(last, Number(number))
    const scene = tryParse(text)
    if (scene) examples.push({ text: text.trim(), scene })
  }
  const count = Number(/\b(\d{1,3})\s+(?:more|new|further|additional)\b/i.exec(prompt)?.[1] ?? 20)
  const maxWords = Number(/(?:at most|under|up to)\s+(\d{1,3})\s+words/i.exec(prompt)?.[1] ?? 50)
  return { examples, firstNumber: last + 1, count, maxWords }
}

/** A new scene that says the same kinds of things as an example: the skill is inferred, not named. */
function sceneLike(example: Scene, random: Random): Scene {
  const groups = example.groups.map(({ count, size, color }) => ({
    count: count > 1 ? random.int(2, 4) : 1,
    size: size && random.pick(namedSizes),
    color: color && random.pick(colors),
    shape: random.pick(shapes),
  }))
  const scene: Scene = { groups, background: example.background && random.pick(backgrounds) }
  if (example.relation) scene.relation = { kind: random.pick(directions), of: 0, to: 1 }
  return scene
}

/** A training scene in the manner of the examples, new if one is found. */
function newScene(brief: Brief, used: ReadonlySet<string>, random: Random): { scene: Scene; like?: Example } {
  let again: { scene: Scene; like: Example } | undefined
  for (let tries = 0; tries < 60 && brief.examples.length > 0; tries++) {
    const like = random.pick(brief.examples)
    const scene = sceneLike(like.scene, random)
    if (sceneProblem(scene) || !roomy(scene) || splitOf(scene) !== 'train') continue
    again = { scene, like }
    if (!used.has(signature(scene))) break
  }
  return again ?? { scene: sampleScene(random, { split: 'train' }) }
}

/** Says a scene about as long as its example, within the limit if it can be done. */
function say(scene: Scene, like: Example | undefined, maxWords: number, random: Random): string {
  const drafts = Array.from({ length: 3 }, () => caption(scene, random))
  const wanted = like ? words(like.text) : 10
  const fitting = drafts.filter((draft) => words(draft) <= maxWords)
  const pool = fitting.length > 0 ? fitting : [caption(scene, random)]
  return pool.reduce((best, draft) =>
    Math.abs(words(draft) - wanted) < Math.abs(words(best) - wanted) ? draft : best,
  )
}

const strayLines = [
  'Here are some more prompts that teach the same skill:',
  'I hope these are helpful!',
  'a cat riding a bicycle on the moon',
  'several colorful shapes arranged in a beautiful pattern',
  '',
  '<prompt>',
]

/** A line as models sometimes write them: small talk, off the subject, cut off, or without its number. */
function malformed(number: number, text: string, random: Random): string {
  const kind = random.int(0, 3)
  if (kind === 0) return random.pick(strayLines)
  if (kind === 1) return `${number}. ${random.pick(strayLines)}`
  if (kind === 2) return `${number}: ${text}`
  const cut = text.split(' ').slice(0, -1).join(' ')
  const scene = tryParse(cut)
  // What is left of a caption can be the caption of another scene, which must be a training one too.
  return `${number}. ${scene && splitOf(scene) !== 'train' ? '' : cut}`
}

function write(prompt: string, random: Random, malformedRate: number, duplicateRate: number): string {
  const brief = readBrief(prompt)
  const used = new Set(brief.examples.map(({ scene }) => signature(scene)))
  const said = brief.examples.filter(({ scene }) => splitOf(scene) === 'train').map(({ text }) => text)
  const lines: string[] = []
  for (let number = brief.firstNumber; number < brief.firstNumber + brief.count; number++) {
    const share = random.float()
    if (share < duplicateRate && said.length > 0) {
      lines.push(`${number}. ${random.pick(said)}`)
      continue
    }
    const { scene, like } = newScene(brief, used, random)
    const text = say(scene, like, brief.maxWords, random)
    if (share < duplicateRate + malformedRate) {
      lines.push(malformed(number, text, random))
      continue
    }
    used.add(signature(scene))
    said.push(text)
    lines.push(`${number}. ${text}`)
  }
  return lines.join('\n')
}

// About four characters a token, as English text has it.
const tokensOf = (text: string) => Math.ceil(text.length / 4)

/**
 * A template writer for the embedded world, with the interface of an LLM.
 *
 * It reads the numbered examples of the request, writes as many more as asked ("20 more"), keeps to "at
 * most … words", and only ever tells of training scenes. Temperature and top-p have no meaning for it.
 *
 * @throws SelmaError `bad-input` for rates outside 0–1; `complete` throws `stopped` when aborted
 */
export function offlineWriter(options: OfflineWriterOptions = {}): LanguageModel {
  const { seed = 0, malformedRate = 0.05, duplicateRate = 0.08 } = options
  for (const [name, rate] of Object.entries({ malformedRate, duplicateRate }))
    if (!(rate >= 0 && rate <= 1)) fail('bad-input', `${name} is ${rate}`, 'give a share between 0 and 1')
  return {
    name: 'shapes-template-writer',
    kind: 'offline-writer',
    async complete(request: CompletionRequest) {
      if (request.signal?.aborted) fail('stopped', 'the offline writer was asked to stop')
      const random = new Random(seed).derive('offline-writer', request.seed, request.prompt)
      const text = write(request.prompt, random, malformedRate, duplicateRate).slice(0, request.maxTokens * 4)
      return { text, promptTokens: tokensOf(request.prompt), completionTokens: tokensOf(text) }
    },
  }
}
