// An expert to the Hub: its LoRA in diffusers' layout, sample pictures, and a model card that says what it is, how it was
// made and how it scores. The upload itself is lib/hub's; the token comes from the environment, never from a call.
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, extname, join } from 'node:path'
import { fail } from '../base/errors.ts'
import { fileError } from '../base/files.ts'
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
import { Dataset } from './images.ts'
import type { Pictures } from './t2i.ts'
import { flatten } from './used.ts'

type SamplePictures = Pictures | Dataset

export interface PushExpertOptions
  extends Pick<ModelCard, 'summary' | 'license' | 'licenseLink' | 'datasets' | 'tags' | 'weight'>,
    Pick<PushOptions, 'private' | 'revision' | 'message' | 'endpoint' | 'env' | 'onProgress' | 'signal'> {
  /** The base's name on the Hub, where the expert does not say it. */
  baseModel?: string
  /** Scores for the card, e.g. of the base and of the base with the expert. */
  evaluations?: readonly ModelScores[]
  /** Further rows of the card's scores. */
  scores?: readonly CardScore[]
  /** Pictures that `draw` gave, or an imagefolder of them, for the card and the repository. */
  samples?: SamplePictures | readonly SamplePictures[]
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

interface Sample {
  /** Of the file's name, with its dot. */
  extension: string
  bytes: Uint8Array
  prompt: string
  seed?: number
}

/** Pictures of a folder are taken as they are. */
async function samplesIn(set: SamplePictures): Promise<Sample[]> {
  if (!(set instanceof Dataset)) {
    const prompts = set.captions.slice(0, set.pictures.length)
    return Promise.all(
      prompts.map(async (prompt, i) => ({
        ...{ extension: '.png', bytes: await set.png(i), prompt, seed: set.seeds?.[i] },
      })),
    )
  }
  return Promise.all(
    set.records.map(async ({ file_name: name, text: prompt, seed }) => {
      const path = join(set.dir, name)
      const bytes = await readFile(path).catch((error) => {
        throw fileError(error, 'read', path)
      })
      const extension = extname(name).toLowerCase()
      return { extension, bytes, prompt, seed: typeof seed === 'number' ? seed : undefined }
    }),
  )
}

/** Sample pictures as files of the repository, and as the card's entries. */
async function samplesOf(sets: readonly SamplePictures[]) {
  const all = (await Promise.all(sets.map(samplesIn))).flat()
  const named = all.map((sample, at) => ({
    ...sample,
    file: `samples/${String(at + 1).padStart(3, '0')}${sample.extension}`,
  }))
  return {
    files: Object.fromEntries(named.map(({ file, bytes }) => [file, bytes])),
    entries: named.map(({ file, prompt, seed }) => ({ file, prompt, seed })),
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
  const pictures = await samplesOf([samples].flat() as SamplePictures[])
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
