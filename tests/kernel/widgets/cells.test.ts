// Widgets in cells, in a process like the kernel's: their types, how they are shown, where handlers print.
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { startCellProcess } from '../../../kernel/child.ts'
import type { Output } from '../../../kernel/outputs.ts'

const file = (path: string) => fileURLToPath(new URL(`../../../kernel/${path}`, import.meta.url))
const outputs = new Map<string, Output[]>()
const process = startCellProcess({
  cwd: fileURLToPath(new URL('.', import.meta.url)),
  preload: file('widgets/index.ts'),
  onOutput: (id, output) => outputs.set(id, [...(outputs.get(id) ?? []), output]),
})
afterAll(() => process.close())

let count = 0
async function run(code: string): Promise<{ id: string; error?: string; outputs: Output[] }> {
  const id = `cell-${++count}`
  const reply = await process.execute(id, code)
  return { id, error: reply?.error?.evalue, outputs: outputs.get(id) ?? [] }
}
const types = (list: readonly Output[]) => list.map((one) => one.output_type)

describe('widgets in cells', () => {
  it('show a view, and a text where there is no page', async () => {
    const { outputs, error } = await run(
      `const s = new IntSlider({ value: 3, max: 10, layout: { width: '50%' } })\ns`,
    )
    expect([error, types(outputs)]).toEqual([undefined, ['execute_result']])
    const { data } = outputs[0] as { data: Record<string, unknown> }
    expect(data['text/plain']).toBe("IntSlider(value=3, min=0, max=10, layout=Layout(width='50%'))")
    expect(data).toHaveProperty(['application/vnd.jupyter.widget-view+json'])
  })

  it('print under the cell that added the handler', async () => {
    const added = await run(`s.observe('value', ({ new: now }) => console.log('now', now.toFixed(1)))`)
    expect([added.error, added.outputs]).toEqual([undefined, []])
    const { error } = await run(`
      const { comms } = await import(${JSON.stringify(file('comms.ts'))})
      const data = { method: 'update', state: { value: 5 } }
      setTimeout(() => comms.get(s.model_id)!.receive('message', { data, metadata: {}, buffers: [] }))
      await new Promise((resolve) => setTimeout(resolve, 50))`)
    expect(error).toBeUndefined()
    expect(outputs.get(added.id)).toMatchObject([{ text: 'now 5.0\n' }])
  })

  it('are checked', async () => {
    expect((await run(`s.value = 'x'`)).error).toMatch(/'string' is not assignable to type 'number'/)
    expect((await run('new IntSlider({ valu: 3 })')).error).toMatch(/'valu' does not exist/)
    expect((await run(`new Button({ button_style: 'loud' })`)).error).toMatch(/not assignable/)
    expect((await run(`s.observe('valeu', () => {})`)).error).toMatch(/not assignable/)
  })

  it('are made of functions, displayed once', async () => {
    const { outputs, error } = await run(
      `interact(({ n, pick }) => \`\${pick.toUpperCase()} \${n.toFixed(1)}\`, { n: [0, 4], pick: ['a', 'b'] })`,
    )
    expect([error, types(outputs)]).toEqual([undefined, ['display_data']])
  })

  it('can be of one’s own', async () => {
    const { outputs, error } = await run(`
      class Counter extends AnyWidget<{ count: number }> {
        constructor() { super({ esm: 'export default {}', count: 0 }) }
      }
      const c = new Counter()
      c.count += 2
      for await (const one of track([1, 2], { description: 'items' })) c.count += one
      console.log(String(c))`)
    expect(error).toBeUndefined()
    expect(types(outputs)).toEqual(['display_data', 'update_display_data', 'stream'])
    expect(outputs.at(-1)).toMatchObject({ text: 'Counter(count=5)\n' })
  })
})
