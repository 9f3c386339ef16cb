import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { jupyterNode, jupyterPython } from '../support/jupyter-environment.ts'

// Skipped without the environment: `npm run lab -- --prepare-only`, then tests/jupyter/requirements.txt.
it.skipIf(!jupyterPython)('passes Jupyter’s conformance tests, and nbclient runs a notebook', async () => {
  const folder = fileURLToPath(new URL('conformance', import.meta.url))
  const child = spawn(jupyterPython as string, ['-m', 'unittest', 'discover', '-v', folder], {
    env: { ...process.env, SELMA_KERNEL_NODE: jupyterNode() },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let report = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    report += text
  })
  const [code] = await once(child, 'close')
  expect(report).toMatch(/^Ran (19|[2-9]\d) tests/m)
  expect(report).toMatch(/^OK$/m)
  expect(code).toBe(0)
})
