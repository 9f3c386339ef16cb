// A base, two experts and mixers of them for the tests of the merge mixer: the golden tiny model and LoRAs.
import { join } from 'node:path'
import { afterEach, beforeAll, vi } from 'vitest'
import { comms } from '../../../../kernel/comms.ts'
import { type MergeMixer, type MergeMixerOptions, mergeMixer } from '../../../../kernel/widgets/index.ts'
import { Expert, T2I } from '../../../../lib/index.ts'
import { mergeMixerState } from '../../../../lib/messages/views/merge-mixer.ts'
import { goldenPath } from '../../../support/golden.ts'
import { writeTinyPipeline } from '../../../support/tiny-pipeline.ts'
import type { Sent } from '../page.ts'
import { folder, hostile } from './support.ts'

export const home = await folder()
export const root = join(home, 'jobs')
export const drawing = { prompts: ['a red ring', 'two blue squares'], steps: 2, guidance: 3 }
export let base: T2I
export let one: Expert
export let other: Expert
beforeAll(async () => {
  base = await T2I.load(await writeTinyPipeline(join(home, 'tiny')))
  one = await Expert.load(goldenPath('lora-initial'), { name: 'one' })
  other = await Expert.load(goldenPath('lora-final'), { name: hostile[0] })
})

const open: MergeMixer[] = []
export const mixer = (options: Partial<MergeMixerOptions> = {}, experts = [one, other]): MergeMixer => {
  const made = mergeMixer(base, experts, { ...drawing, root, ...options })
  open.push(made)
  return made
}
afterEach(() => {
  for (const one of open.splice(0)) one.close()
  comms.transport = undefined
  vi.restoreAllMocks()
})

export const custom = (content: object) => ({ method: 'custom', content: { version: 1, ...content } })
export const state = (view: MergeMixer) => mergeMixerState.parse(view.modelState().state)
export const kinds = (sent: readonly Sent[], kind: string) =>
  sent.filter(({ data }) => data.content?.kind === kind)
