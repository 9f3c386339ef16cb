// npm-shrinkwrap.json, there only while `npm pack` runs: package-lock.json without what only development needs, so
// that whoever installs the package gets the versions it was tested with.
//
// It also leaves out which packages have an installation script where package.json's `allowScripts` says no, and
// npm runs no script it is not told of. Onnxruntime-node's would download the CUDA provider from outside the
// registry, and fail the whole installation where that cannot be reached; `selma doctor` tells how to get it.
//
// In a clone npm would prefer a shrinkwrap to package-lock.json, which is why it does not stay.
import { readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
const path = join(root, 'npm-shrinkwrap.json')

/** The shrinkwrap of a lock file (version 3). `allowScripts` as in package.json. */
export function shrinkwrapOf({ packages, ...lock }, allowScripts = {}) {
  const kept = {}
  for (const [place, { dev, hasInstallScript, ...entry }] of Object.entries(packages)) {
    if (dev || entry.link) continue
    if (place === '') delete entry.devDependencies
    const name = entry.name ?? place.split('node_modules/').at(-1)
    const runs = hasInstallScript && allowScripts[name] !== false
    kept[place] = runs ? { ...entry, hasInstallScript } : entry
  }
  return { ...lock, packages: kept }
}

async function readJson(name) {
  return JSON.parse(await readFile(join(root, name), 'utf8'))
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  if (process.argv[2] === 'write') {
    const [lock, { allowScripts }] = await Promise.all([
      readJson('package-lock.json'),
      readJson('package.json'),
    ])
    await writeFile(path, `${JSON.stringify(shrinkwrapOf(lock, allowScripts), null, 2)}\n`)
  } else if (process.argv[2] === 'remove') await rm(path, { force: true })
  else {
    process.stderr.write('usage: shrinkwrap.mjs write|remove\n')
    process.exitCode = 2
  }
}
