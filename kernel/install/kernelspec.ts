// What a kernelspec of ours says, and whether one that is found is ours and still works. Not the writing of it.
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { fail } from '../../lib/base/errors.ts'
import { inPackage } from '../../lib/base/own-file.ts'
import { isNewEnough, leastNodeMajor, versionOfNode } from './node.ts'

export const defaultKernelName = 'selma'

const specSchema = z.looseObject({
  argv: z.array(z.string()),
  display_name: z.string(),
  language: z.string(),
  metadata: z.looseObject({ selma: z.looseObject({ version: z.string() }).optional() }).optional(),
})
export type KernelSpec = z.output<typeof specSchema>

/** The script that Node runs as the kernel. */
export const kernelStarter = (): string => inPackage('kernel', 'bin', 'kernel.mjs')

/** What Node is started with as the kernel. */
const nodeFlags = [
  // Without this a loop of timers that is interrupted would take its process down.
  '--no-force-async-hooks-checks',
  // Left alone, the space for what is thrown away soon grows to three times 16 MB while the compiler starts.
  '--max-semi-space-size=8',
]

/**
 * The kernel.json for a Node. `metadata.selma` marks it as ours, with the version that wrote it.
 *
 * @param node absolute path of Node 24 or later
 */
export function kernelSpec({ node, version }: { node: string; version: string }): KernelSpec {
  return {
    argv: [node, ...nodeFlags, kernelStarter(), '{connection_file}'],
    display_name: 'SELMA (TypeScript)',
    language: 'typescript',
    interrupt_mode: 'message',
    metadata: { debugger: false, selma: { version } },
  }
}

/** The folder of a kernel of that name. @throws SelmaError `bad-input` when Jupyter would not take the name */
export function kernelFolder(dataDir: string, name: string): string {
  if (!/^[a-z0-9._-]+$/i.test(name) || /^\.+$/.test(name))
    fail(
      'bad-input',
      `${JSON.stringify(name)} is no kernel name`,
      'letters, digits, ".", "_" and "-" make one',
    )
  // Jupyter lower-cases the names it looks for.
  return join(dataDir, 'kernels', name.toLowerCase())
}

/** What stands in a kernel's folder. */
export type FoundSpec =
  | { kind: 'none' }
  | { kind: 'ours'; spec: KernelSpec; version: string }
  | { kind: 'foreign'; what: string }

export async function readKernelSpec(folder: string): Promise<FoundSpec> {
  if (!existsSync(folder)) return { kind: 'none' }
  const path = join(folder, 'kernel.json')
  const text = await readFile(path, 'utf8').catch(() => undefined)
  if (text === undefined) return { kind: 'foreign', what: 'a folder without a kernel.json' }
  try {
    const spec = specSchema.parse(JSON.parse(text))
    const version = spec.metadata?.selma?.version
    if (version === undefined) return { kind: 'foreign', what: `the kernel "${spec.display_name}"` }
    return { kind: 'ours', spec, version }
  } catch {
    return { kind: 'foreign', what: 'a kernel.json that cannot be read' }
  }
}

/** Why a kernelspec of ours would not start this version's kernel; undefined when it would. */
export function whatIsStale(spec: KernelSpec, version: string): string | undefined {
  const [node, ...rest] = spec.argv
  const starter = rest.find((one) => one.endsWith('kernel.mjs'))
  if (!node || !existsSync(node)) return `its Node is gone: ${node}`
  if (!starter || !existsSync(starter)) return `its starter is gone: ${starter}`
  const found = versionOfNode(node)
  if (!found) return `its Node does not run: ${node}`
  if (!isNewEnough(found)) return `its Node is ${found}, ${leastNodeMajor} or later is needed: ${node}`
  if (starter !== kernelStarter()) return `it starts another copy of SELMA Lab: ${starter}`
  if (!isDeepStrictEqual(spec, kernelSpec({ node, version })))
    return `it was written by version ${spec.metadata?.selma?.version}, this is ${version}`
  return undefined
}
