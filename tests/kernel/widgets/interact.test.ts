import { afterEach, beforeEach, describe, expect, expectTypeOf, it } from 'vitest'
import { Cell, currentCell, within } from '../../../kernel/cell.ts'
import { comms } from '../../../kernel/comms.ts'
import type { Output } from '../../../kernel/outputs.ts'
import { installSurroundings } from '../../../kernel/surroundings.ts'
import { controlFor } from '../../../kernel/widgets/abbreviations.ts'
import * as w from '../../../kernel/widgets/index.ts'
import { openPage, say, update } from './page.ts'

let restore: () => void
let outputs: Output[]
let cell: Cell
beforeEach(() => {
  restore = installSurroundings(false, () => {})
  outputs = []
  cell = new Cell('cell', 1, { onOutput: (one) => outputs.push(one) })
})
afterEach(() => {
  restore()
  comms.transport = undefined
})

const inCell = <T>(work: () => T): T => within(cell, work)
const texts = (out: w.Output) =>
  out.outputs.map((one) => one.text ?? one.evalue ?? (one.data as Record<string, unknown>)?.['text/plain'])
const turn = () => new Promise(setImmediate)

describe('controls from abbreviations', () => {
  const made = (one: unknown) => String(controlFor('x', one))
  it('are those of ipywidgets', () => {
    expect(made(5)).toBe('IntSlider(value=5, min=-5, max=15)')
    expect(made(-2)).toBe('IntSlider(value=-2, min=-6, max=2)')
    expect(made(0)).toBe('IntSlider(value=0, min=0, max=1)')
    expect(made(0.5)).toBe('FloatSlider(value=0.5, min=-0.5, max=1.5)')
    expect(made([0, 10])).toBe('IntSlider(value=5, min=0, max=10)')
    expect(made([0, 1.5])).toBe('FloatSlider(value=0.75, min=0, max=1.5)')
    expect(made([0, 10, 4])).toBe('IntSlider(value=4, min=0, max=10, step=4)')
    expect(made([1, 2, 3, 4])).toBe('Dropdown(value=1, options=[1, 2, 3, 4])')
    expect(made(true)).toBe('Checkbox(value=true)')
    expect(made('hi')).toBe("Text(value='hi')")
    expect(made(['a', 'b'])).toBe("Dropdown(value='a', options=['a', 'b'])")
    expect(made({ one: 1 })).toBe('Dropdown(value=1, options={ one: 1 })')
    const own = new w.IntText()
    expect(controlFor('x', own)).toBe(own)
  })

  it('are refused where there is none', () => {
    expect(() => made([10, 0])).toThrow(/range \[10, 0\] goes from 10 down to 0/)
    expect(() => made([0, 10, 0])).toThrow(/step of \[0, 10, 0\] is not above 0/)
    expect(() => made(new w.HBox())).toThrow(/has no value/)
    for (const bad of [null, undefined, [], {}, Number.NaN, () => 1])
      expect(() => made(bad)).toThrow(/no control/)
  })
})

describe('interactive', () => {
  it('runs at once and after every change, with typed values', () => {
    const seen: unknown[] = []
    const it = w.interactive(
      (values) => {
        expectTypeOf(values).toEqualTypeOf<{
          n: number
          flag: boolean
          name: string
          pick: 'a' | 'b'
          k: number
        }>()
        seen.push(values)
        return values.n * 2
      },
      { n: [0, 10], flag: true, name: 'x', pick: ['a', 'b'], k: w.fixed(3 as number) },
    )
    const [slider, box, text, pick, out] = it.children as [
      w.IntSlider,
      w.Checkbox,
      w.Text,
      w.Dropdown,
      w.Output,
    ]
    expect([slider.description, box.description, it.children.length]).toEqual(['n', 'flag', 5])
    update(slider, { value: 7 })
    box.value = false
    text.value = 'y'
    pick.value = 'b'
    expect(seen).toHaveLength(5)
    expect(seen.at(-1)).toEqual({ n: 7, flag: false, name: 'y', pick: 'b', k: 3 })
    expect([it.result, texts(out)]).toEqual([14, ['14']])
  })

  it('shows what is printed, displayed and returned, in place of the last time', () => {
    const page = openPage()
    const it = inCell(() =>
      w.interactive(
        ({ n }) => {
          console.log(`n is ${n}`)
          console.error('careful')
          ;(globalThis as unknown as { display: (value: unknown) => void }).display([n])
          return n + 1
        },
        { n: [0, 10] },
      ),
    )
    expect(texts(it.out)).toEqual(['n is 5\n', 'careful\n', '[ 5 ]', '6'])
    page.news()
    update(it.children[0], { value: 8 })
    expect(texts(it.out)).toEqual(['n is 8\n', 'careful\n', '[ 8 ]', '9'])
    const last = page
      .news()
      .filter(({ id }) => id === it.out.model_id)
      .at(-1)
    expect(last?.data.state.outputs[0]).toEqual({ output_type: 'stream', name: 'stdout', text: 'n is 8\n' })
    expect(outputs).toEqual([])
    expect(currentCell()).toBe(cell)
  })

  it('keeps nothing of the last time when there is nothing new', () => {
    const it = w.interactive(({ n }) => (n > 5 ? undefined : n), { n: [0, 10] })
    expect(texts(it.out)).toEqual(['5'])
    update(it.children[0], { value: 6 })
    expect(texts(it.out)).toEqual([])
  })

  it('shows errors, and goes on', async () => {
    const it = w.interactive(
      ({ n }) => {
        if (n === 1) throw new RangeError('one')
        if (n === 2) return Promise.reject(new TypeError('two'))
        return n
      },
      { n: [0, 10] },
    )
    const slider = it.children[0] as w.IntSlider
    slider.value = 1
    expect(it.out.outputs).toMatchObject([{ output_type: 'error', ename: 'RangeError', evalue: 'one' }])
    slider.value = 2
    await turn()
    expect(it.out.outputs).toMatchObject([{ output_type: 'error', ename: 'TypeError' }])
    slider.value = 4
    await turn()
    expect(texts(it.out)).toEqual(['4'])
  })

  it('runs an asynchronous function once at a time, and the latest change wins', async () => {
    const started: number[] = []
    const finish: (() => void)[] = []
    const aborted: boolean[] = []
    const it = inCell(() =>
      w.interactive(
        async ({ n }, { signal }) => {
          started.push(n)
          await new Promise<void>((resolve) => finish.push(resolve))
          aborted.push(signal.aborted)
          console.log(`done ${n}`)
          return n
        },
        { n: [0, 10] },
      ),
    )
    const slider = it.children[0] as w.IntSlider
    for (const n of [1, 2, 3]) slider.value = n
    expect(started).toEqual([5])
    finish[0]()
    await turn()
    await turn()
    expect([started, texts(it.out)]).toEqual([[5, 3], []])
    finish[1]()
    await turn()
    expect([texts(it.out), it.result, aborted]).toEqual([['done 3\n', '3'], 3, [true, false]])
    expect(outputs).toEqual([])
  })

  it('lets a function change its own controls without going on for ever in one turn', async () => {
    let calls = 0
    const slider = new w.IntSlider({ max: 5 })
    const it = w.interactive(
      ({ n }) => {
        calls++
        slider.value = n + 1
      },
      { n: slider },
    )
    expect(calls).toBe(1)
    for (let at = 0; at < 10; at++) await turn()
    expect([calls, slider.value, it.values]).toEqual([6, 5, { n: 5 }])
  })

  it('waits for its button when it is manual', () => {
    let calls = 0
    const it = w.interactive(() => calls++, { n: [0, 10], name: 'x' }, { manual: true, manualName: 'Draw' })
    const [slider, text, button] = it.children as [w.IntSlider, w.Text, w.Button]
    slider.value = 3
    expect([calls, button.description]).toEqual([0, 'Draw'])
    say(button, { method: 'custom', content: { event: 'click' } })
    say(text, { method: 'custom', content: { event: 'submit' } })
    expect([calls, button.disabled, text.continuous_update]).toEqual([2, false, false])
  })
})

describe('interact', () => {
  it('shows the box in its cell', () => {
    const shown = inCell(() => w.interact(({ n }) => n, { n: [0, 10] }))
    expect(outputs).toHaveLength(1)
    const [one] = outputs
    expect(one).toMatchObject({ output_type: 'display_data', transient: { display_id: shown.id } })
    expect(
      (one as { data: Record<string, unknown> }).data['application/vnd.jupyter.widget-view+json'],
    ).toEqual({
      version_major: 2,
      version_minor: 0,
      model_id: shown.widget.model_id,
    })
  })
})

describe('Output', () => {
  it('collects what a function prints, late lines too, and throws its error on', async () => {
    const out = new w.Output()
    inCell(() => {
      expect(out.capture(() => console.log('in') ?? 7)).toBe(7)
      console.log('out')
      expect(() =>
        out.capture(() => {
          throw new Error('mine')
        }),
      ).toThrow('mine')
      out.capture(() => void setImmediate(() => console.log('late')))
    })
    await turn()
    await new Promise((resolve) => setTimeout(resolve, 150))
    expect(texts(out)).toEqual(['in\n', 'mine', 'late\n'])
    expect(outputs).toEqual([{ output_type: 'stream', name: 'stdout', text: 'out\n' }])
    out.clear_output({ wait: true })
    expect(texts(out)).toHaveLength(3)
    out.append_stderr('new')
    expect(texts(out)).toEqual(['new'])
    out.outputs = [{ output_type: 'stream', name: 'stdout', text: 'set' }]
    out.append_stdout('\nmore')
    expect(texts(out)).toEqual(['set\nmore'])
    out.clear_output()
    await out.append_display_data({ [Symbol.for('Jupyter.display')]: async () => ({ 'text/plain': 'slow' }) })
    expect(texts(out)).toEqual(['slow'])
  })

  it('updates displays where they are', () => {
    type Display = (value: unknown, options?: object) => { update(value: unknown): void }
    const show = (globalThis as unknown as { display: Display }).display
    const out = new w.Output()
    inCell(() => {
      const outside = show('a')
      out.capture(() => {
        const inside = show('b')
        inside.update('c')
        outside.update('d')
      })
    })
    expect(texts(out)).toEqual(["'c'"])
    expect(outputs.map((one) => [one.output_type, (one as { data: object }).data])).toEqual([
      ['display_data', { 'text/plain': "'a'" }],
      ['update_display_data', { 'text/plain': "'d'" }],
    ])
  })

  it('does not send its list for every line', () => {
    const page = openPage()
    const out = new w.Output()
    page.news()
    inCell(() => out.capture(() => Array.from({ length: 2000 }, (_, at) => console.log(at))))
    expect(page.news().length).toBeLessThan(50)
    expect((out.outputs[0].text as string).split('\n')).toHaveLength(2001)
  })
})
