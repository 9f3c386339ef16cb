import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { chromium } from 'playwright-core'
import { expect, it, onTestFinished } from 'vitest'
import { inPackage } from '../../lib/base/own-file.ts'
import { freePorts } from '../support/free-ports.ts'
import { jupyterPython } from '../support/jupyter-environment.ts'
import { findChromium } from './lab/chromium.ts'
import { makeHome } from './lab/home.ts'

// With the environment that it makes itself, which is not to be made in a test.
const made = jupyterPython?.startsWith(inPackage('.selma', 'lab'))

it.skipIf(!made)(
  'npm run lab opens JupyterLab with the kernel on the notebooks, and ends with it',
  async () => {
    const { env: all, remove } = await makeHome()
    const { JUPYTER_PATH: _, ...env } = all
    const [port] = await freePorts(1)
    const token = 'of-this-test'
    const server = [
      `--ServerApp.port=${port}`,
      '--ServerApp.port_retries=0',
      `--IdentityProvider.token=${token}`,
    ]
    const own = ['--import', 'tsx', inPackage('scripts', 'lab.ts'), '--venv', '--no-browser', '--allow-root']
    const lab = spawn(process.execPath, [...own, '--ServerApp.ip=127.0.0.1', ...server], {
      env: { ...env, PATH: process.env.PATH },
      cwd: inPackage(),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let log = ''
    for (const stream of [lab.stdout, lab.stderr]) stream.on('data', (text) => (log += text))
    onTestFinished(async () => {
      if (lab.exitCode === null) {
        lab.kill('SIGTERM')
        await once(lab, 'exit')
      }
      await remove()
    })
    const ask = (path: string) =>
      fetch(`http://127.0.0.1:${port}/api/${path}`, { headers: { authorization: `token ${token}` } }).catch(
        () => undefined,
      )
    while (!(await ask('status'))?.ok) {
      expect(lab.exitCode, log).toBe(null)
      await sleep(200)
    }
    const { kernelspecs } = await (await ask('kernelspecs'))!.json()
    expect(kernelspecs.selma.spec).toMatchObject({
      display_name: 'SELMA (TypeScript)',
      language: 'typescript',
    })
    const { content } = await (await ask('contents'))!.json()
    expect(content.map(({ name }: { name: string }) => name)).toContain('01-quickstart.ipynb')

    const executablePath = findChromium()
    if (executablePath) {
      const browser = await chromium.launch({ executablePath, env })
      onTestFinished(() => browser.close())
      const page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
      await page.goto(`http://127.0.0.1:${port}/lab?reset&token=${token}`)
      const card = page.locator('.jp-LauncherCard', { hasText: 'SELMA (TypeScript)' })
      await card.first().waitFor({ timeout: 120_000 })
      if (process.env.SELMA_SCREENSHOTS)
        await page.screenshot({ path: `${process.env.SELMA_SCREENSHOTS}/npm run lab.png` })
    }
    lab.kill('SIGINT')
    const [code] = await once(lab, 'exit')
    expect(code, log).toBe(0)
  },
)
