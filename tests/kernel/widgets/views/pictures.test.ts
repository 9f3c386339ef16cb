// The image grid's and the blind comparison's kernel sides, over real scores with real picture files.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { comms } from '../../../../kernel/comms.ts'
import { DISPLAY } from '../../../../kernel/display/formatters.ts'
import { blindComparison, imageGrid } from '../../../../kernel/widgets/index.ts'
import { blindComparisonState } from '../../../../lib/messages/views/blind-comparison.ts'
import { gridItem, gridRow, imageGridState } from '../../../../lib/messages/views/image-grid.ts'
import { openPage, type Sent, say } from '../page.ts'
import { eventually, folder, hostile, scores } from './support.ts'

afterEach(() => {
  comms.transport = undefined
})
const custom = (content: object) => ({ method: 'custom', content: { version: 1, ...content } })
const kinds = (sent: readonly Sent[], kind: string) => sent.filter(({ data }) => data.content?.kind === kind)

const base = await scores('base', [
  { id: 'one', prompt: 'a ring', answers: ['yes', 'yes'] },
  { id: 'two', prompt: hostile[0], answers: ['no', 'yes'] },
  { id: 'three', prompt: hostile[3], answers: ['yes', 'no'] },
])
const merged = await scores(
  'merged',
  [
    { id: 'two', prompt: hostile[0], answers: ['yes', 'yes'] },
    { id: 'one', prompt: 'a ring', answers: ['yes', 'no'] },
  ],
  200,
)

describe('the image grid', () => {
  it('pairs models by prompt and seed, and says how each question did', async () => {
    const page = openPage()
    const view = imageGrid([base, merged])
    await view[DISPLAY]()
    const state = imageGridState.parse(view.modelState().state)
    expect(state).toMatchObject({ models: ['base', 'merged'], rows: 3, pictures: 5, judge: 'a judge' })
    say(view, custom({ kind: 'open', view: 'v' }))
    const [{ data }] = await eventually(() => {
      const found = kinds(page.sent, 'rows')
      expect(found).toHaveLength(1)
      return found
    })
    const items = gridItem.array().parse(data.content.items)
    const rows = gridRow.array().parse(data.content.rows)
    expect(items.map(({ prompt }) => prompt.length)).toEqual([6, hostile[0].length, 2_000])
    expect(items[1].prompt).toBe(hostile[0])
    expect(items[0].questions).toEqual([
      { text: 'Question 1?', parents: [] },
      { text: 'Question 2?', parents: [0] },
    ])
    expect(rows.map(({ cells }) => cells.map((cell) => cell?.outcomes))).toEqual([
      ['11', '10'],
      ['0x', '11'],
      ['10', undefined],
    ])
    expect(rows[0].cells[0]).toMatchObject({ settings: 'seed 0, guidance 5, DSG 50 %', said: ['yes', 'yes'] })
    expect(view.toString()).toContain('base: 3 pictures, everything right in 1 of 3')
  })

  it('sends rows in pieces and pictures when asked, by their bytes', async () => {
    const many = await scores(
      'many',
      Array.from({ length: 600 }, (_, i) => ({ id: `${i}`, prompt: `prompt ${i}`, answers: [] })),
    )
    const page = openPage()
    const view = imageGrid(many)
    say(view, custom({ kind: 'open', view: 'v' }))
    const pieces = await eventually(() => {
      const found = kinds(page.sent, 'rows')
      expect(found).toHaveLength(3)
      return found.map(({ data }) => data.content)
    })
    expect(pieces.map(({ from, rows, items }) => [from, rows.length, items.length])).toEqual([
      [0, 250, 250],
      [250, 250, 250],
      [500, 100, 100],
    ])
    expect(JSON.stringify(pieces)).not.toContain('iVBOR')
    say(view, custom({ kind: 'pictures', ids: ['7:0', '600:0', '0:1'] }))
    const answers = await eventually(() => {
      const found = kinds(page.sent, 'picture')
      expect(found).toHaveLength(3)
      return found
    })
    const bytes = await readFile(join(many.images, '7.png'))
    expect(answers[0]).toMatchObject({
      buffers: [bytes.toString('base64')],
      data: { content: { mime: 'image/png' } },
    })
    for (const { data } of answers.slice(1)) expect(data.content.missing).toMatch(/no such picture/)
  })

  it('refuses what it cannot show', async () => {
    expect(() => imageGrid([])).toThrow(/no pictures/)
    expect(() => imageGrid([base], { names: ['a', 'b'] })).toThrow(/2 names for 1 columns/)
    const page = openPage()
    imageGrid({} as never)
    await eventually(() => expect(kinds(page.sent, 'error')[0].data.content.hint).toContain('scores'))
  })
})

describe('the blind comparison', () => {
  const open = async (file: string, rater = 'Ada') => {
    const view = blindComparison(base, merged, { file, rater })
    await view[DISPLAY]()
    const state = () => blindComparisonState.parse(view.modelState().state)
    const does = async (content: object) => {
      const before = JSON.stringify(state())
      say(view, custom(content))
      await eventually(() => expect(JSON.stringify(state())).not.toBe(before))
    }
    return { view, state, does }
  }
  const votes = async (file: string) =>
    (await readFile(file, 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))

  it('keeps who was chosen, not only on which side; undoes; goes on where it was', async () => {
    const file = join(await folder(), 'votes', 'all.jsonl')
    const { state, does, view } = await open(file)
    expect(state()).toMatchObject({ total: 2, done: 0, canUndo: false, result: null, file: 'all.jsonl' })
    expect(JSON.stringify(state().pair)).not.toMatch(/base|merged/)
    await does({ kind: 'vote', pair: state().pair!.id, choice: 'left' })
    expect(state()).toMatchObject({ done: 1, canUndo: true })
    const [first] = await votes(file)
    expect(first).toMatchObject({ rater: 'Ada', a: 'base', b: 'merged', choice: 'left' })
    expect(first.winner).toBe(first.left)
    // The same key again, before the page has seen the next pair.
    say(view, custom({ kind: 'vote', pair: '1-0', choice: 'left' }))
    say(view, custom({ kind: 'vote', pair: '1-1', choice: 'left' }))
    await eventually(() => expect(state().done).toBe(2))
    await does({ kind: 'undo' })
    expect(state()).toMatchObject({ done: 1 })
    expect((await votes(file)).map((vote) => Boolean(vote.undo))).toEqual([false, false, true])
    const again = await open(file)
    expect(again.state()).toMatchObject({ done: 1, canUndo: true })
    expect(again.view.votes).toHaveLength(1)
    await again.does({ kind: 'undo' })
    expect(again.state()).toMatchObject({ done: 0, canUndo: false })
    // A line that was cut off is closed, not continued.
    await writeFile(file, `${await readFile(file, 'utf8')}{"version":1,"ra`)
    const third = await open(file)
    await third.does({ kind: 'vote', pair: third.state().pair!.id, choice: 'tie' })
    expect((await readFile(file, 'utf8')).split('\n').at(-3)).toBe('{"version":1,"ra')
  })

  it('shuffles sides and order from seed and rater, the same every time', async () => {
    const asked = Array.from({ length: 40 }, (_, i) => ({ id: `${i}`, prompt: `prompt ${i}`, answers: [] }))
    const [one, other] = await Promise.all([scores('one', asked), scores('other', asked, 200)])
    const played = async (rater: string) => {
      const file = join(await folder(), 'votes.jsonl')
      const view = blindComparison(one, other, { file, rater })
      await view[DISPLAY]()
      const pair = () => (view.modelState().state.pair as { id: string } | null)?.id
      for (let id = pair(); id !== undefined; id = pair()) {
        say(view, custom({ kind: 'vote', pair: id, choice: 'left' }))
        await eventually(() => expect(pair()).not.toBe(id))
      }
      return (await votes(file)).map(({ pair, left }) => `${pair} ${left}`)
    }
    const ada = await played('Ada')
    expect(ada).toHaveLength(40)
    expect(await played('Ada')).toEqual(ada)
    expect(await played('Grace')).not.toEqual(ada)
    const left = ada.filter((line) => line.endsWith(' a')).length
    expect(left).toBeGreaterThan(8)
    expect(left).toBeLessThan(32)
  })

  it('shows results of all raters when asked to', async () => {
    const file = join(await folder(), 'votes.jsonl')
    const page = openPage()
    const { state, does, view } = await open(file)
    await does({ kind: 'vote', pair: state().pair!.id, choice: 'tie' })
    await does({ kind: 'vote', pair: state().pair!.id, choice: 'tie' })
    expect(state().pair).toBeNull()
    await does({ kind: 'rater', name: ' Grace ' })
    expect(state()).toMatchObject({ rater: 'Grace', done: 0, result: null })
    const { id } = state().pair!
    say(view, custom({ kind: 'pictures', ids: [`${id}:left`, `${id}:right`, '0-0:left', `${id}:up`] }))
    const answers = await eventually(() => {
      const found = kinds(page.sent, 'picture')
      expect(found).toHaveLength(4)
      return found
    })
    expect(answers.map(({ buffers }) => Boolean(buffers))).toEqual([true, true, false, false])
    expect(answers[0].buffers).not.toEqual(answers[1].buffers)
    await does({ kind: 'vote', pair: id, choice: 'right' })
    await does({ kind: 'results', show: true })
    expect(state().result).toMatchObject({ votes: 3, ties: 2, raters: [{ name: 'Ada' }, { name: 'Grace' }] })
    const { wins, losses } = state().result!
    expect(wins + losses).toBe(1)
    const bundle = await view[DISPLAY]()
    expect(bundle['text/plain']).toMatch(/base wins [01], loses [01], ties 2/)
    expect(bundle).toHaveProperty(['image/png'])
    await does({ kind: 'results', show: false })
    expect(state().result).toBeNull()
  })

  it('refuses what cannot be compared, and files that hold something else', async () => {
    const file = join(await folder(), 'votes.jsonl')
    expect(() => blindComparison(base, base)).toThrow(/both models are called base/)
    await writeFile(file, 'not a vote\n')
    const page = openPage()
    blindComparison(base, merged, { file })
    await eventually(() =>
      expect(kinds(page.sent, 'error')[0].data.content.message).toMatch(/line 1 is no vote/),
    )
  })
})
