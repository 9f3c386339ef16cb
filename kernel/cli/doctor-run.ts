// What `selma doctor` does; loaded when it is called. Each check says what it found and how to mend it.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, rm, statfs, writeFile } from 'node:fs/promises'
import { availableParallelism, cpus, freemem, totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { jobsRoot } from '../../lib/jobs/index.ts'
import { compile, Graph, LocalSession, matmul } from '../../lib/runtime/index.ts'
import { embeddedModels, locateModel } from '../../lib/shapes/models.ts'
import { exitCodes } from './exit-codes.ts'
import type { Answer } from './perform.ts'
import { shortPath } from './run-stage.ts'

export interface Check {
  name: string
  /** `missing` is no fault: some things do not work without it. */
  state: 'ok' | 'warning' | 'missing' | 'failed'
  found: string
  fix?: string
}

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
  const script = fileURLToPath(new URL('../../scripts/ensure-installed.mjs', import.meta.url))
  if (!existsSync(script)) return { name: 'packages', state: 'ok', found: 'installed as a package' }
  const { status, stderr } = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' })
  if (status === 0) return { name: 'packages', state: 'ok', found: 'as in package-lock.json' }
  return { name: 'packages', state: 'warning', found: stderr.trim(), fix: 'npm ci' }
}

const SIZE = 512
const ROUNDS = 20

async function onnxRuntime(): Promise<Check> {
  const name = 'ONNX Runtime'
  try {
    const graph = new Graph()
    const x = graph.input('x', [SIZE, SIZE])
    graph.output('y', matmul(x, x))
    const session = await LocalSession.create(compile(graph))
    const feeds = { x: new Float32Array(SIZE * SIZE).fill(1) }
    const { y } = await session.run(feeds)
    const began = performance.now()
    for (let round = 0; round < ROUNDS; round++) await session.run(feeds)
    const seconds = (performance.now() - began) / 1000
    await session.release()
    if (y[0] !== SIZE) return { name, state: 'failed', found: `512 ones add up to ${y[0]}`, fix: 'npm ci' }
    const speed = (2 * SIZE ** 3 * ROUNDS) / seconds / 1e9
    const found = `runs on cpu, ${availableParallelism()} cores: ${SIZE}×${SIZE} product in ${((seconds / ROUNDS) * 1000).toFixed(1)} ms (${speed.toFixed(0)} GFLOP/s)`
    return { name, state: 'ok', found }
  } catch (error) {
    const fix = 'run npm ci; on Linux it needs glibc 2.28 or later, on Windows the Visual C++ runtime'
    return { name, state: 'failed', found: (error as Error).message.split('\n')[0], fix }
  }
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
  const found = `${free.toFixed(1)} GiB free of ${total.toFixed(1)}; ${cpus()[0]?.model.trim() ?? 'unknown processor'}`
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
    await onnxRuntime(),
    models(),
    ...(await disk()),
    memory(),
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
