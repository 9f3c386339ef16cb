// What `selma install` and `selma uninstall` do; loaded when they are called.
import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { resolve } from 'node:path'
import { fail } from '../../lib/base/errors.ts'
import { inPackage } from '../../lib/base/own-file.ts'
import { installExtension, uninstallExtension } from '../install/extension.ts'
import type { Change } from '../install/folders.ts'
import { prefixDataDir, systemPrefix, userDataDir } from '../install/jupyter-paths.ts'
import { checkPlace, installKernel, uninstallKernel } from '../install/kernel.ts'
import { readKernelSpec } from '../install/kernelspec.ts'
import { nodeForKernel } from '../install/node.ts'
import type { InstallOptions, WhereOptions } from './install.ts'
import type { Answer, Context } from './perform.ts'

function dataDirOf({ user, prefix, sysPrefix }: WhereOptions): string {
  const given = [user && '--user', prefix !== undefined && '--prefix', sysPrefix && '--sys-prefix'].filter(
    Boolean,
  )
  if (given.length > 1) fail('bad-input', `${given.join(' and ')} name different places`, 'give one of them')
  if (prefix !== undefined) return prefixDataDir(resolve(prefix))
  return sysPrefix ? prefixDataDir(systemPrefix()) : resolve(userDataDir())
}

const words: Record<Change, string> = {
  installed: 'installed',
  updated: 'replaced an older one',
  unchanged: 'already there',
}

export async function runInstall(options: InstallOptions, { progress }: Context): Promise<Answer> {
  const { name, node: given, force } = options
  const dataDir = dataDirOf(options)
  // Before a Node is downloaded.
  await checkPlace({ dataDir, name, force })
  const node = await nodeForKernel({ given, tell: (line) => progress.line(line) })
  const kernel = await installKernel({ dataDir, name, node: node.path, force })
  const extension = await installExtension(dataDir)
  const lines = [
    `kernel     ${kernel.folder} (${words[kernel.change]})`,
    `node       ${node.path} (${node.version})`,
    ...(extension ? [`extension  ${extension.folder} (${words[extension.change]})`] : []),
  ]
  // npx clears its cache when it likes.
  if (/[\\/]_npx[\\/]/.test(inPackage()))
    lines.push(
      '',
      `The kernel runs from npx's cache, which is cleared: npm install --global selma-lab, then install again.`,
    )
  return {
    text: lines.join('\n'),
    document: { kernel: { name, ...kernel }, node, extension: extension ?? null },
  }
}

export async function runUninstall(options: WhereOptions): Promise<Answer> {
  const dataDir = dataDirOf(options)
  const removed = [
    await uninstallKernel(dataDir, options.name),
    // Another kernel of ours at the same place goes on using the extension.
    (await othersLeft(dataDir)) ? undefined : await uninstallExtension(dataDir),
  ].filter((folder) => folder !== undefined)
  const text =
    removed.length > 0
      ? removed.map((folder) => `removed ${folder}`).join('\n')
      : 'nothing was installed there'
  return { text, document: { removed } }
}

async function othersLeft(dataDir: string): Promise<boolean> {
  const kernels = resolve(dataDir, 'kernels')
  if (!existsSync(kernels)) return false
  const found = await Promise.all(
    (await readdir(kernels)).map((name) => readKernelSpec(resolve(kernels, name))),
  )
  return found.some(({ kind }) => kind === 'ours')
}
