// What is written down about where a job was made, beside what is hashed: machine, Node, packages.
import { existsSync, readFileSync } from 'node:fs'
import { cpus, hostname } from 'node:os'
import { join } from 'node:path'
import { fetchedPackage } from '../base/fetch-package.ts'
import { inPackage } from '../base/own-file.ts'
import type { JobFile } from '../messages/job-file.ts'

let packages: Record<string, string> | undefined

/** Machine, processors, Node and package versions of this process. */
export function recordedFacts(now = new Date()): JobFile['recorded'] {
  packages ??= packageVersions()
  return {
    created: now.toISOString(),
    machine: hostname(),
    platform: `${process.platform} ${process.arch}`,
    cpus: cpus().length,
    node: process.version,
    packages,
    cwd: process.cwd(),
  }
}

/** This package's version and those of the packages it depends on, as installed. */
function packageVersions(): Record<string, string> {
  const root = inPackage()
  const own = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const versions: Record<string, string> = { [own.name]: own.version }
  for (const [name, version] of Object.entries<string>({
    ...own.dependencies,
    ...own.optionalDependencies,
  })) {
    // Installed beside its dependants when it is a dependency itself, else in its own node_modules.
    const path = [join(root, 'node_modules', name), join(root, '..', name), fetchedPackage({ name, version })]
      .filter((folder) => folder !== undefined)
      .map((folder) => join(folder, 'package.json'))
      .find((file) => existsSync(file))
    if (path) versions[name] = JSON.parse(readFileSync(path, 'utf8')).version
  }
  return versions
}
