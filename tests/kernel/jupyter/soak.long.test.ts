// A thousand cells of every kind in one kernel: it must not grow with what is over.
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { startKernel } from '../../support/jupyter-client.ts'

const CELLS = 1000

/** Cells as people write them; each redeclares what the one before it of its kind left. */
const kinds: readonly ((n: number) => string)[] = [
  (n) => `let value = ${n}`,
  () => 'value + 1',
  (n) => `const rows = Array.from({ length: 2000 }, (_, i) => ({ i, name: 'row ' + i + ' of ${n}' }))`,
  () => 'for (let i = 0; i < 200; i++) console.log(i, rows[i].name)',
  (n) => `function area(side: number): number { return side * side + ${n} }\narea(3)`,
  (n) => `throw new Error('cell ${n}')`,
  () => 'const wrong: number = "text"',
  () => 'const handle = display("0 %"); for (let i = 0; i < 20; i++) handle.update(i + " %")',
  () => 'await new Promise((resolve) => setTimeout(resolve, 1)); rows.length',
]

/** MB that the kernel's process holds. */
const resident = (pid: number) => {
  const [, pages] = readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')
  return (Number(pages) * 4096) / 1e6
}

it('a thousand cells leave the memory flat', async () => {
  const kernel = await startKernel({ bare: true })
  try {
    const samples: { cell: number; heap: number; rss: number }[] = []
    for (let n = 0; n < CELLS; n++) {
      await kernel.execute(kinds[n % kinds.length](n), {}, 120_000)
      // The client keeps every message.
      if (n % 50 === 0) kernel.received.length = 0
      if ((n + 1) % 100 !== 0) continue
      const collect = `(await import('node:v8')).setFlagsFromString('--expose-gc')
        ;(await import('node:vm')).runInNewContext('gc')()
        ;process.memoryUsage().heapUsed / 1e6`
      const { result } = await kernel.execute(collect, {}, 120_000)
      samples.push({ cell: n + 1, heap: Number(result), rss: resident(kernel.child.pid as number) })
    }
    console.log(samples.map((one) => `${one.cell}: ${one.heap.toFixed(0)}/${one.rss.toFixed(0)}`).join('  '))
    const [first, last] = [samples[1], samples[samples.length - 1]]
    // What is reachable after a full collection; the rest is the allocator's.
    expect(last.heap).toBeLessThan(first.heap * 1.1 + 2)
    expect(last.rss).toBeLessThan(first.rss * 1.25)
  } finally {
    kernel.close()
  }
})
