// An expert to the Hub: its LoRA in diffusers' layout, sample pictures, and a model card that says what it is, how it was
// made and how it scores. The upload itself is lib/hub's; the token comes from the environment, never from a call.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fail } from '../base/errors.ts'
import type { Lora } from '../formats/lora.ts'
import { saveLora } from '../formats/lora-files.ts'
import {
  type CardScore,
  createModelCard,
  type ModelCard,
  type Pushed,
  type PushOptions,
  parseRepoId,
  pushFolder,
} from '../hub/index.ts'
import { readJobFile } from '../jobs/directory.ts'
import { mergeInfo } from '../merging/index.ts'
import { callerSignal } from './caller.ts'
import type { ModelScores } from './evaluate.ts'
import type { Expert } from './expert.ts'
import type { Pictures } from './t2i.ts'
import { flatten } from './used.ts'

export interface PushExpertOptions
  extends Pick<ModelCard, 'summary' | 'license' | 'licenseLink' | 'datasets' | 'tags' | 'weight'>,
    Pick<PushOptions, 'private' | 'revision' | 'message' | 'endpoint' | 'env' | 'onProgress' | 'signal'> {
  /** The base's name on the Hub, where the expert does not say it. */
  baseModel?: string
  /** Scores for the card, e.g. of the base and of the base with the expert. */
  evaluations?: readonly ModelScores[]
  /** Further rows of the card's scores. */
  scores?: readonly CardScore[]
  /** Pictures that `draw` gave, for the card and the repository. */
  samples?: Pictures | readonly Pictures[]
  /** What it was trained on, in words. Default: content hash of the training job's data. */
  data?: string
}

/** DSG and strict accuracy of an evaluation, as the card shows them. */
function scoresOf(scores: ModelScores): CardScore[] {
  const { judge, dsg, strict } = scores.summary()
  const n = scores.questions.items.length
  return [['DSG', dsg] as const, ['strict', strict] as const].map(([metric, { mean, low, high }]) => ({
    ...{ metric, model: scores.name, mean, n, judge },
    // One prompt has no interval.
    low: Number.isFinite(low) ? low : mean,
    high: Number.isFinite(high) ? high : mean,
  }))
}

/** What the training job beside the LoRA says of its data. */
async function jobOf(expert: Expert): Promise<Record<string, unknown>> {
  const file = await readJobFile(dirname(expert.path)).catch(() => undefined)
  if (file?.stage !== 'train') return {}
  const { model, data, validation } = file.inputs
  return { 'data (SHA-256)': data, 'validation (SHA-256)': validation, 'base model (SHA-256)': model }
}

/** Every setting that the LoRA's own notes tell: of its training, or of its merge. */
function settingsOf(lora: Lora): Record<string, unknown> {
  const merge = mergeInfo(lora)
  if (merge) return flatten(merge, 'merge')
  try {
    return flatten(JSON.parse(lora.metadata.selma_settings ?? '{}'))
  } catch {
    return {}
  }
}

/** Sample pictures as files of the repository, and as the card's entries. */
async function samplesOf(given: readonly Pictures[]) {
  const all = given.flatMap((set) => set.pictures.map((_, i) => ({ set, i })))
  const files = await Promise.all(
    all.map(async ({ set, i }, at) => ({
      file: `samples/${String(at + 1).padStart(3, '0')}.png`,
      png: await set.png(i),
      entry: { prompt: set.captions[i], seed: set.seeds?.[i] },
    })),
  )
  return {
    files: Object.fromEntries(files.map(({ file, png }) => [file, png])),
    entries: files.map(({ file, entry }) => ({ file, ...entry })),
  }
}

/**
 * Uploads an expert as `pytorch_lora_weights.safetensors` with a model card and sample pictures, in one commit. A
 * repository that is made is private unless `private: false` is given. Needs HF_TOKEN with write permission.
 *
 * @param repo `organisation/name`, always in full
 * @returns address and commit
 * @throws SelmaError `bad-input` for a bad name, license or score, or without a token; `io` when the Hub refuses
 */
export async function pushExpert(
  expert: Expert,
  repo: string,
  options: PushExpertOptions = {},
): Promise<Pushed> {
  const {
    evaluations = [],
    scores = [],
    samples = [],
    data,
    baseModel,
    signal = callerSignal(),
    ...rest
  } = options
  const { private: hidden, revision, message = `Upload expert ${expert.name}`, ...more } = rest
  const { endpoint, env, onProgress, ...card } = more
  parseRepoId(repo)
  const lora = await expert.load()
  const base = baseModel ?? lora.metadata.selma_base
  if (!base)
    fail('bad-input', `${expert.name} does not say its base model`, "name it: baseModel: 'organisation/name'")
  const pictures = await samplesOf(Array.isArray(samples) ? samples : [samples as Pictures])
  const readme = createModelCard({
    ...card,
    repo,
    name: expert.name,
    baseModel: base,
    settings: { ...(data === undefined ? {} : { data }), ...settingsOf(lora), ...(await jobOf(expert)) },
    scores: [...evaluations.flatMap(scoresOf), ...scores],
    samples: pictures.entries,
  })
  const work = await mkdtemp(join(tmpdir(), 'selma-push-'))
  try {
    await saveLora(work, lora)
    return await pushFolder({
      ...{ repo, folder: work, private: hidden, revision, message, endpoint, env, onProgress, signal },
      extra: { ...pictures.files, 'README.md': readme },
    })
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}
