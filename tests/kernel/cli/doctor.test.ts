// `selma doctor`, `selma install` and `selma uninstall`, as commands.
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Check } from '../../../kernel/cli/doctor-check.ts'
import { checkKernels } from '../../../kernel/cli/doctor-jupyter.ts'
import { prefixDataDir } from '../../../kernel/install/jupyter-paths.ts'
import { installKernel } from '../../../kernel/install/kernel.ts'
import { temporaryFolder } from '../../support/temporary.ts'
import { selma } from './support.ts'

/** A home of its own, where no Jupyter is, with something that says it is Node 24. */
async function home(): Promise<{ folder: string; node: string; env: Record<string, string> }> {
  const folder = await temporaryFolder()
  const node = join(folder, 'node24')
  writeFileSync(node, '#!/bin/sh\necho v24.9.0\n')
  chmodSync(node, 0o755)
  const env = {
    HOME: folder,
    JUPYTER_DATA_DIR: join(folder, 'jupyter'),
    JUPYTER_PATH: '',
    XDG_DATA_HOME: folder,
  }
  return { folder, node, env: { ...env, VIRTUAL_ENV: '', CONDA_PREFIX: '' } }
}

describe('selma doctor', () => {
  it('names no key, and a fix for everything that is not right', async () => {
    const { folder, env } = await home()
    const secret = 'not-to-be-seen-0123456789'
    const { stdout, stderr } = await selma('doctor --json', folder, { ...env, OPENAI_API_KEY: secret })
    expect(stdout + stderr).not.toContain(secret)
    const all: Check[] = JSON.parse(stdout).checks
    const states = Object.fromEntries(all.map(({ name, state }) => [name, state]))
    expect(states).toMatchObject({ Node: 'ok', 'ONNX Runtime cpu': 'ok', OPENAI_API_KEY: 'ok' })
    expect(all.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['JupyterLab', 'kernel', 'Lab extension']),
    )
    for (const { state, fix } of all) if (state !== 'ok') expect(fix).toBeTruthy()
  }, 240_000)

  it('tells a kernel that works from one whose Node is gone, and how to mend it', async () => {
    const { folder, node } = await home()
    const inPrefix = prefixDataDir(join(folder, 'env'))
    expect(await checkKernels([folder, inPrefix])).toMatchObject([{ state: 'missing', fix: 'selma install' }])
    const { folder: place } = await installKernel({ dataDir: inPrefix, name: 'mine', node })
    expect(await checkKernels([folder, inPrefix])).toEqual([{ name: 'kernel', state: 'ok', found: place }])
    rmSync(node)
    expect(await checkKernels([folder, inPrefix])).toEqual([
      {
        name: 'kernel',
        state: 'warning',
        found: `${place}: its Node is gone: ${node}`,
        fix: `selma install --prefix ${join(folder, 'env')} --name mine`,
      },
    ])
  })
})

describe('selma install', () => {
  it('goes into a prefix, and selma uninstall takes it away', async () => {
    const { folder, node, env } = await home()
    const prefix = join(folder, 'env')
    const { code, stdout } = await selma(`install --prefix ${prefix} --node ${node} --name mine`, folder, env)
    const place = join(prefix, 'share', 'jupyter', 'kernels', 'mine')
    expect([code, stdout]).toEqual([0, expect.stringContaining(place)])
    expect(JSON.parse(readFileSync(join(place, 'kernel.json'), 'utf8')).argv[0]).toBe(node)
    // The JupyterLab extension comes along where this checkout has built it.
    const extension = join(prefix, 'share', 'jupyter', 'labextensions', '@selma-lab', 'jupyterlab')
    const removed = existsSync(extension) ? [place, extension] : [place]
    const away = await selma(`uninstall --prefix ${prefix} --name mine --json`, folder, env)
    expect(JSON.parse(away.stdout)).toEqual({ command: 'uninstall', status: 'ok', removed })
    for (const gone of removed) expect(existsSync(gone)).toBe(false)
  })

  it('ends with 2 for two places, and for a kernel of somebody else', async () => {
    const { folder, node, env } = await home()
    const both = await selma(`install --user --prefix ${folder} --node ${node}`, folder, env)
    expect([both.code, both.stderr]).toEqual([2, expect.stringContaining('different places')])
    const place = join(folder, 'jupyter', 'kernels', 'selma')
    mkdirSync(place, { recursive: true })
    writeFileSync(join(place, 'kernel.json'), '{"argv":[],"display_name":"Theirs","language":"r"}')
    const theirs = await selma(`install --node ${node}`, folder, env)
    expect([theirs.code, theirs.stderr]).toEqual([2, expect.stringContaining('--force')])
    expect(readFileSync(join(place, 'kernel.json'), 'utf8')).toContain('Theirs')
  })
})
