// What a merge mixer is made with, checked, with its defaults; and what its page knows at the start.
import { fail } from '../../../lib/base/errors.ts'
import type { DrawOptions, Expert, T2I } from '../../../lib/index.ts'
import type { MergeMethod } from '../../../lib/merging/index.ts'
import type { MergeMixerState, MixSettings } from '../../../lib/messages/views/merge-mixer.ts'
import { brief } from './brief.ts'
import type { PreviewItem, PreviewSettings } from './merge-mixer-preview.ts'
import { checkedSettings, mixMethods, mixName } from './merge-mixer-settings.ts'

export interface MergeMixerOptions
  extends Omit<DrawOptions, 'seed' | 'signal'>,
    Partial<Omit<MixSettings, 'method'>> {
  /** What is drawn at every change. */
  prompts: readonly string[]
  /** Seeds to draw each prompt with. Default [0]. */
  seeds?: readonly number[]
  /** Method at the start. Default 'average'. */
  method?: MergeMethod
  /** Stands above it. */
  title?: string
  /** How the mix is called when it is taken as an expert. Default 'mixed'. */
  name?: string
  /** Where jobs are kept, and beside them merges; as in `merge`. */
  root?: string
}

/** More would not be a preview. */
const mostPictures = 64

export interface ResolvedMixer {
  items: PreviewItem[]
  settings: MixSettings
  drawing: PreviewSettings
  state: MergeMixerState
}

/** @throws SelmaError `bad-input` without experts or prompts, or for settings that the method refuses */
export function resolveMixer(
  base: T2I,
  experts: readonly Expert[],
  options: MergeMixerOptions,
): ResolvedMixer {
  const { prompts = [], seeds = [0], steps = 20, guidance = 7.5, rescale = 0, negativePrompt = '' } = options
  if (!Array.isArray(experts) || experts.length === 0)
    fail('bad-input', 'there are no experts to mix', 'give at least one: mergeMixer(base, [expert], …)')
  const items = prompts.flatMap((prompt) => seeds.map((seed) => ({ prompt, seed })))
  if (items.length === 0)
    fail('bad-input', 'there are no prompts to draw', "give some: { prompts: ['three red squares'] }")
  if (items.length > mostPictures)
    fail('bad-input', `${items.length} pictures at every change`, `give at most ${mostPictures}`)
  const {
    method = 'average',
    density = 0.5,
    majoritySign = 'total',
    seed = 0,
    rank = null,
    scheduler,
  } = options
  const methods = mixMethods(experts.length)
  const equal = methods.find(({ name }) => name === method)?.equal ?? 1
  const weights = [...(options.weights ?? experts.map(() => equal))]
  // How large a rank can be is known once the experts are read.
  const settings = checkedSettings(
    { method, weights, density, majoritySign, seed, rank },
    experts.length,
    Number.POSITIVE_INFINITY,
  )
  const words = [
    `guidance ${guidance}`,
    rescale ? `rescale ${rescale}` : '',
    `${steps} steps`,
    scheduler ?? '',
  ]
  return {
    items,
    settings,
    drawing: { steps, guidance, rescale, negativePrompt, scheduler },
    state: {
      version: 1,
      title: brief(options.title ?? '', 200),
      base: brief(base.name, 80),
      experts: experts.map(({ name }) => brief(name, 80)),
      methods,
      largestRank: 1,
      initial: settings,
      settings,
      items: items.map(({ prompt, seed: from }) => ({ prompt: brief(prompt, 600), seed: from })),
      drawnWith: brief(words.filter(Boolean).join(', '), 200),
      baseDone: 0,
      mixId: mixName(settings),
      mixDone: 0,
      work: null,
      problem: null,
      numbers: null,
      saved: null,
    },
  }
}
