// What axe-core finds in the page.
import { createRequire } from 'node:module'
import type { Lab } from './lab.ts'

const source = createRequire(import.meta.url).resolve('axe-core/axe.min.js')

/** What is serious or critical within an element. */
export async function seriousFaults({ page }: Lab, selector: string): Promise<string[]> {
  if (!(await page.evaluate(() => 'axe' in window))) await page.addScriptTag({ path: source })
  return page.evaluate(async (include) => {
    type Found = { id: string; impact: string; nodes: { html: string }[] }
    const { axe } = window as unknown as {
      axe: { run(context: object): Promise<{ violations: Found[] }> }
    }
    const { violations } = await axe.run({ include: [include] })
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(' | ')}`)
  }, selector)
}
