// What the evaluation protocol reports side by side for one model, from its picture rows.
import { fail } from '../base/errors.ts'
import { type BootstrapOptions, type HierarchicalInterval, hierarchicalBootstrap } from './bootstrap.ts'
import { single } from './collect.ts'
import { observe } from './compare.ts'
import type { PictureRow } from './rows.ts'
import { groupBy } from './tally.ts'

/** One model at a glance. Optional parts are there when every row has what they need. */
export interface Summary {
  model: string
  judge: string
  guidance?: number
  dsg: HierarchicalInterval
  strict: HierarchicalInterval
  /** Objects a picture, seen and asked. */
  objects?: HierarchicalInterval
  objectsAsked?: HierarchicalInterval
  /** Share of unreadable pictures. */
  unreadable?: HierarchicalInterval
  /** Share of distinct layouts over the sampling seeds of a prompt. */
  diversity?: HierarchicalInterval
}

/** Sums up one model's rows, each number with its interval. */
export function summarize(rows: readonly PictureRow[], options: BootstrapOptions = {}): Summary {
  if (rows.length === 0) fail('bad-input', 'there are no rows to sum up')
  const over = (name: string, of: (row: PictureRow) => number | undefined) =>
    rows.every((row) => of(row) !== undefined)
      ? hierarchicalBootstrap(observe(rows, { name, of: (row) => of(row) as number }), options)
      : undefined
  return {
    model: single(rows, 'model'),
    judge: single(rows, 'judge'),
    guidance: single(rows, 'guidance'),
    dsg: hierarchicalBootstrap(observe(rows, 'dsg'), options),
    strict: hierarchicalBootstrap(observe(rows, 'strict'), options),
    objects: over('objects', (row) => row.objects),
    objectsAsked: over('objects asked', (row) => row.objectsAsked),
    unreadable: over('unreadable', (row) =>
      row.unreadable === undefined ? undefined : Number(row.unreadable),
    ),
    diversity: rows.every((row) => row.layout !== undefined) ? diversity(rows, options) : undefined,
  }
}

function diversity(rows: readonly PictureRow[], options: BootstrapOptions): HierarchicalInterval {
  const prompts = groupBy(rows, ({ itemId, trainingSeed }) => `${trainingSeed} ${itemId}`)
  const shares = [...prompts.values()].map((group) => ({
    itemId: group[0].itemId,
    skill: group[0].skill,
    trainingSeed: group[0].trainingSeed,
    value: new Set(group.map(({ layout }) => layout)).size / group.length,
  }))
  const most = Math.max(...[...prompts.values()].map((group) => group.length))
  return { ...hierarchicalBootstrap(shares, options), samplingSeeds: most }
}

/** Sums up each skill alone, in order of first appearance; rows without a skill are left out. */
export function summarizeBySkill(
  rows: readonly PictureRow[],
  options: BootstrapOptions = {},
): Record<string, Summary> {
  const groups = groupBy(rows, ({ skill }) => skill)
  return Object.fromEntries([...groups].map(([skill, group]) => [skill, summarize(group, options)]))
}
