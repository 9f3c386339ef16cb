// What `selma doctor` does; loaded when it is called. Each check says what it found and how to mend it.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, rm, statfs, writeFile } from 'node:fs/promises'
import { availableParallelism, cpus, freemem, totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import { inPackage } from '../../lib/base/own-file.ts'
import { jobsRoot } from '../../lib/jobs/index.ts'
import { embeddedModels, locateModel } from '../../lib/shapes/models.ts'
import type { Check } from './doctor-check.ts'
import { checkJupyter } from './doctor-jupyter.ts'
import { checkProviders } from './doctor-providers.ts'
import { exitCodes } from './exit-codes.ts'
import type { Answer } from './perform.ts'
import { shortPath } from './run-stage.ts'

const gib = (bytes: number): number => bytes / 2 ** 30

function node(): Check {
  const version = process.versions.node
  const [major, minor] = version.split('.').map(Number)
  const good = major > 20 || (major === 20 && minor >= 19)
  const found = `${version}, ${process.platform} ${process.arch}`
  if (!good)
    return { name: 'Node', state: 'failed', found, fix: 'install Node 20.19 or later: https://nodejs.org' }
  return { name: 'Node', state: 'ok', found }
}

function packages(): Check {
  const script = inPackage('scripts', 'ensure-installed.mjs')
  if (!existsSync(script)) return { name: 'packages', state: 'ok', found: 'installed as a package' }
  const { status, stderr } = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' })
  if (status === 0) return { name: 'packages', state: 'ok', found: 'as in package-lock.json' }
  return { name: 'packages', state: 'warning', found: stderr.trim(), fix: 'npm ci' }
}

function models(): Check {
  const there = embeddedModels.filter((name) =>
    existsSync(join(locateModel(name).folder, 'model_index.json')),
  )
  const name = 'embedded models'
  if (there.includes('shapes')) return { name, state: 'ok', found: there.join(', ') }
  return { name, state: 'failed', found: 'shapes is missing', fix: 'git checkout lib/shapes/models' }
}

async function disk(): Promise<Check[]> {
  const store = dirname(jobsRoot())
  const probe = join(store, `.doctor-${process.pid}.tmp`)
  const was = existsSync(store)
  try {
    await mkdir(store, { recursive: true })
    await writeFile(probe, 'x')
    await rm(probe)
    const { bavail, bsize } = await statfs(store)
    const free = gib(bavail * bsize)
    const found = `${free.toFixed(1)} GiB free for ${shortPath(store)}`
    const low = free < 2
    const fix = 'free some space, or set SELMA_HOME to a folder on a larger disk'
    return [{ name: 'disk', state: low ? 'warning' : 'ok', found, ...(low && { fix }) }]
  } catch (error) {
    const fix = 'set SELMA_HOME to a folder you can write to'
    return [{ name: 'disk', state: 'failed', found: (error as Error).message, fix }]
  } finally {
    if (!was) await rm(store, { recursive: true, force: true })
  }
}

function memory(): Check {
  const [free, total] = [gib(freemem()), gib(totalmem())]
  const found = `${free.toFixed(1)} GiB free of ${total.toFixed(1)}; ${availableParallelism()} × ${cpus()[0]?.model.trim() ?? 'unknown processor'}`
  if (total >= 4) return { name: 'memory', state: 'ok', found }
  return {
    name: 'memory',
    state: 'warning',
    found,
    fix: 'train with a smaller --batch; 4 GiB are enough for the embedded model',
  }
}

/** Whether a key is set; its value is never shown. */
function key(variable: string, purpose: string): Check {
  const set = Boolean(process.env[variable]?.trim())
  if (set) return { name: variable, state: 'ok', found: 'set' }
  return {
    name: variable,
    state: 'missing',
    found: `not set (${purpose})`,
    fix: `export ${variable}=…, if you need it`,
  }
}

export async function runDoctor(): Promise<Answer> {
  const checks: Check[] = [
    node(),
    packages(),
    ...(await checkProviders()),
    models(),
    ...(await disk()),
    memory(),
    ...(await checkJupyter()),
    key('OPENAI_API_KEY', 'for --llm'),
    key('HF_TOKEN', 'for gated models of the Hugging Face Hub'),
  ]
  const width = Math.max(...checks.map(({ name }) => name.length))
  const marks = { ok: 'ok', warning: 'WARN', missing: '-', failed: 'FAIL' }
  const lines = checks.flatMap(({ name, state, found, fix }) => [
    `${marks[state].padEnd(4)}  ${name.padEnd(width)}  ${found}`,
    ...(fix ? [`${' '.repeat(8 + width)}→ ${fix}`] : []),
  ])
  const failed = checks.some(({ state }) => state === 'failed')
  return {
    text: lines.join('\n'),
    document: { checks },
    exitCode: failed ? exitCodes.failed : exitCodes.ok,
  }
}
