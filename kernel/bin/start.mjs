// Starts a process entry of this folder. In a clone these are TypeScript, and always its sources are used: a build
// left in dist/ may be older than they are. An installed package has no sources, only what was built of them.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** @param name of the entry: `selma` is selma.ts beside this file, or dist/kernel/bin/selma.js */
export async function start(name) {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major < 20 || (major === 20 && minor < 19)) {
    process.stderr.write(`selma needs Node 20.19 or later, this is ${process.versions.node}\n`)
    process.exit(1)
  }
  const source = new URL(`./${name}.ts`, import.meta.url)
  if (!existsSync(source)) return import(new URL(`../../dist/kernel/bin/${name}.js`, import.meta.url).href)
  try {
    // Node takes the types out itself where it can, without the cost of a loader.
    if (!process.features.typescript) (await import('tsx/esm/api')).register()
    import.meta.resolve('commander')
  } catch (error) {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error
    const script = fileURLToPath(new URL('../../scripts/ensure-installed.mjs', import.meta.url))
    process.stderr.write(`selma's packages are not installed; install them with: node ${script}\n`)
    process.exit(1)
  }
  return import(source.href)
}
