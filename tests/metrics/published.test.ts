// The scorers against the published files, which are not part of the project: SELMA_SHARED_DATA names their
// folder, else ../shared/data beside the repository.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { formatDsg, parseDsg, readDsg } from '../../lib/data/dsg.ts'
import { readDsgAnswers } from '../../lib/data/dsg-answers.ts'
import { countRepairs } from '../../lib/data/question.ts'
import { readTifaPrompts, readTifaQuestions, readTifaResult } from '../../lib/data/tifa.ts'
import { scoreDsg } from '../../lib/metrics/dsg.ts'
import { releasedRows } from '../../lib/metrics/published.ts'
import { scoreTifa, tifaResult } from '../../lib/metrics/tifa.ts'

const folder =
  process.env.SELMA_SHARED_DATA || fileURLToPath(new URL('../../../shared/data', import.meta.url))
const absent = !existsSync(join(folder, 'dsg', 'dsg-1k-anns.csv'))
const why = absent ? ' (skipped: the published files are not here, see SELMA_SHARED_DATA)' : ''
const questions = () => readDsg(join(folder, 'dsg', 'dsg-1k-anns.csv'))

describe(`published DSG files${why}`, () => {
  it.skipIf(absent)('DSG-1k: 1,060 prompts, 8,182 questions, every repair counted', async () => {
    const set = await questions()
    expect(set.items.length).toBe(1060)
    expect(set.items.reduce((sum, item) => sum + item.questions.length, 0)).toBe(8182)
    expect(countRepairs(set)).toEqual({
      'not-a-number': 10,
      'self-reference': 44,
      'duplicate-parent': 43,
      spaces: 2,
      'missing-parent': 8,
    })
    expect(new Set(set.items.map(({ skill }) => skill)).size).toBe(10)
    const again = parseDsg(formatDsg(set), { name: set.name })
    expect(again.items).toEqual(set.items)
    expect(again.repairs).toEqual([])
  })

  it.skipIf(absent)("mPLUG on SD2.1's pictures: both scorers, both averages", async () => {
    const set = await questions()
    const released = await readDsgAnswers(join(folder, 'dsg', 'mplug_dsg.csv'))
    const rows = releasedRows(released, set, { judge: 'mPLUG', model: 'sd2dot1' })
    const score = (average: 'macro' | 'micro', dependency: 'direct' | 'cascade') => {
      const result = scoreDsg(rows, set, { average, dependency, missing: 'report' })
      expect(result.unanswered).toEqual(['tifa160_134'])
      expect(result.items).toBe(1059)
      return (result.score * 100).toFixed(2)
    }
    expect(score('macro', 'direct')).toBe('83.12')
    expect(score('macro', 'cascade')).toBe('82.97')
    expect(score('micro', 'direct')).toBe('81.71')
    expect(score('micro', 'cascade')).toBe('81.54')
    expect(() => scoreDsg(rows, set)).toThrow(/tifa160_134/)
    expect(() => releasedRows(released, set, { judge: 'mPLUG', model: 'sd9' })).toThrow(/there|sd9/)
  })

  it.skipIf(absent)('the TIFA160 development questions', async () => {
    const set = await readDsg(join(folder, 'dsg', 'tifa160-dev-anns.csv'))
    const repairs = countRepairs(set)
    expect(set.items.length).toBe(160)
    expect(repairs['duplicate-id']).toBe(1)
    expect(repairs['no-question']).toBe(78)
    expect(set.items.reduce((sum, item) => sum + item.questions.length, 0)).toBe(920 - 78)
  })
})

describe(`published TIFA files${why}`, () => {
  it.skipIf(absent)('4,081 captions', async () => {
    expect((await readTifaPrompts(join(folder, 'tifa', 'tifa_v1.0_text_inputs.json'))).length).toBe(4081)
  })

  it.skipIf(absent)("the authors' sample result, number for number", async () => {
    const set = await readTifaQuestions(join(folder, 'tifa', 'sample_question_answers.json'))
    const published = await readTifaResult(join(folder, 'tifa', 'sample_evaluation_result.json'))
    const detail = (itemId: string, question: string) => published.question_details[itemId][question]
    const rows = set.items.flatMap((item) =>
      item.questions.map((question) => ({
        model: 'sample',
        judge: 'sample',
        seed: 0,
        itemId: item.id,
        questionId: question.id,
        answer: detail(item.id, question.question).free_form_vqa,
        expected: question.answer ?? 'yes',
      })),
    )
    // The authors snap with sentence embeddings; what those gave is in the file.
    const snapper = {
      name: "the authors' choices",
      snap: (answer: string, choices: readonly string[], question: string) => {
        const details = set.items.map(({ id }) => detail(id, question)).filter((each) => each !== undefined)
        return choices.indexOf(
          details.find((each) => each.free_form_vqa === answer)?.multiple_choice_vqa ?? '',
        )
      },
    }
    const result = tifaResult(await scoreTifa(rows, set, { snapper }), set)
    expect(result.tifa_stdev).toBeCloseTo(published.tifa_stdev, 12)
    expect({ ...result, tifa_stdev: 0 }).toEqual({ ...published, tifa_stdev: 0 })
    expect((await scoreTifa(rows, set)).score).toBe(published.tifa_average)
  })
})
