// Installing the kernel where Jupyter finds it, and taking it away. It replaces only what is ours, and touches
// nothing that is right already.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fail } from '../../lib/base/errors.ts'
import { inPackage, ownModule } from '../../lib/base/own-file.ts'
import { svgToPng } from '../../lib/plots/raster.ts'
import { type Change, removeFolder, replaceFolder } from './folders.ts'
import { kernelFolder, kernelSpec, readKernelSpec } from './kernelspec.ts'

/** This package's version. */
export async function ownVersion(): Promise<string> {
  return JSON.parse(await readFile(inPackage('package.json'), 'utf8')).version
}

async function kernelFiles(node: string): Promise<Map<string, string | Uint8Array>> {
  const logo = await readFile(ownModule('./logo.svg', import.meta.url), 'utf8')
  const spec = kernelSpec({ node, version: await ownVersion() })
  return new Map<string, string | Uint8Array>([
    ['kernel.json', `${JSON.stringify(spec, null, 2)}\n`],
    ['logo-svg.svg', logo],
    ['logo-64x64.png', svgToPng(logo)],
    ['logo-32x32.png', svgToPng(logo, { scale: 0.5 })],
  ])
}

async function holds(folder: string, files: ReadonlyMap<string, string | Uint8Array>): Promise<boolean> {
  for (const [name, content] of files) {
    const there = await readFile(join(folder, name)).catch(() => undefined)
    if (!there?.equals(Buffer.from(content as Uint8Array))) return false
  }
  return true
}

export interface InstallOptions {
  /** Jupyter's data folder: `userDataDir()`, `prefixDataDir(…)`. */
  dataDir: string
  name: string
  /** Absolute path of Node 24 or later. */
  node: string
  /** Replace a kernel of that name that is not ours. */
  force?: boolean
}

/**
 * Whether the kernel may be installed there.
 *
 * @throws SelmaError `bad-input` when a kernel of that name is not ours, and `force` is not set
 */
export async function checkPlace({
  dataDir,
  name,
  force = false,
}: Omit<InstallOptions, 'node'>): Promise<'none' | 'ours' | 'foreign'> {
  const folder = kernelFolder(dataDir, name)
  const found = await readKernelSpec(folder)
  if (found.kind === 'foreign' && !force)
    fail(
      'bad-input',
      `${folder} is ${found.what}, not SELMA's`,
      'choose another --name, or replace it with --force',
    )
  return found.kind
}

/**
 * Installs the kernel.
 *
 * @throws SelmaError `bad-input` when a kernel of that name is not ours, `io` when it cannot be written
 */
export async function installKernel(options: InstallOptions): Promise<{ folder: string; change: Change }> {
  const { dataDir, name, node } = options
  const folder = kernelFolder(dataDir, name)
  const kind = await checkPlace(options)
  const files = await kernelFiles(node)
  if (await holds(folder, files)) return { folder, change: 'unchanged' }
  await replaceFolder(dataDir, folder, async (path) => {
    for (const [file, content] of files) await writeFile(join(path, file), content)
  })
  return { folder, change: kind === 'none' ? 'installed' : 'updated' }
}

/**
 * Takes the kernel away; what is not ours stays.
 *
 * @returns the folder that went, undefined when there was none
 * @throws SelmaError `bad-input` when a kernel of that name is not ours
 */
export async function uninstallKernel(dataDir: string, name: string): Promise<string | undefined> {
  const folder = kernelFolder(dataDir, name)
  const found = await readKernelSpec(folder)
  if (found.kind === 'none') return undefined
  if (found.kind === 'foreign')
    fail(
      'bad-input',
      `${folder} is ${found.what}, not SELMA's`,
      'it stays; jupyter kernelspec uninstall removes it',
    )
  await removeFolder(dataDir, folder)
  return folder
}
