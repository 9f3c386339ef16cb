// The package as others get it: packed, installed into an empty folder from the registry alone, and used there.
import { execFile, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { inPackage } from '../../lib/base/own-file.ts'

const root = inPackage()
const minutes = 60_000

/** Why nothing can be installed here, if so. */
function cannotInstall(): string | undefined {
  const { status } = spawnSync('npm', ['view', 'yaml', 'version', '--fetch-retries=0'], { stdio: 'ignore' })
  return status === 0 ? undefined : 'the package registry cannot be reached'
}
const reason = cannotInstall()

const folder = mkdtempSync(join(tmpdir(), 'selma-package-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Ended {
  code: number
  stdout: string
  stderr: string
}

function run(program: string, args: string[], cwd = folder): Promise<Ended> {
  // What this project sets for itself is not there for others.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^npm_|onnxruntime/i.test(name)),
  )
  const home = { XDG_DATA_HOME: join(folder, 'data'), JUPYTER_DATA_DIR: join(folder, 'jupyter') }
  return new Promise((done) => {
    execFile(program, args, { cwd, env: { ...env, ...home }, maxBuffer: 1e8 }, (error, stdout, stderr) => {
      done({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr })
    })
  })
}

const selma = (...args: string[]): Promise<Ended> => run('npx', ['--no-install', 'selma', ...args])

let packed: { filename: string; files: { path: string }[] }

describe.skipIf(reason)(`the packed package${reason ? ` (${reason})` : ''}`, () => {
  beforeAll(async () => {
    const pack = await run('npm', ['pack', '--json', '--pack-destination', folder], root)
    expect(pack.code, pack.stderr).toBe(0)
    // What prepack prints comes before the JSON.
    packed = JSON.parse(pack.stdout.slice(pack.stdout.search(/^\[$/m)))[0]
    writeFileSync(join(folder, 'package.json'), '{"private":true}')
    const install = await run('npm', ['install', '--no-audit', '--no-fund', join(folder, packed.filename)])
    expect(install.code, install.stderr).toBe(0)
  }, 20 * minutes)

  it('has what is used, and no tests, benchmarks or sources', () => {
    const paths = packed.files.map(({ path }) => path)
    for (const path of ['LICENSE', 'README.md', 'notebooks/01-quickstart.ipynb', 'kernel/bin/selma.mjs'])
      expect(paths).toContain(path)
    expect(paths).toContain('dist/lib/index.d.ts')
    expect(paths.filter((path) => /^(tests|bench|scripts|docs|lib)\//.test(path))).toEqual([])
    expect(paths.filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts'))).toEqual([])
    expect(paths.filter((path) => path.endsWith('.tmp'))).toEqual([])
  })

  it(
    'answers as a command',
    async () => {
      const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
      expect((await selma('--version')).stdout.trim()).toBe(version)
      const written = await selma('prompts', '--skill', 'count', '--n', '5', '--out', 'p.jsonl')
      expect(written.code, written.stderr).toBe(0)
      expect(readFileSync(join(folder, 'p.jsonl'), 'utf8').trim().split('\n')).toHaveLength(5)
    },
    5 * minutes,
  )

  it(
    'computes, also where npm left ONNX Runtime out',
    async () => {
      const doctor = await selma('doctor', '--json')
      expect(doctor.code, doctor.stderr).toBe(0)
      const { checks } = JSON.parse(doctor.stdout) as { checks: { name: string; state: string }[] }
      const states = Object.fromEntries(checks.map(({ name, state }) => [name, state]))
      expect(states).toMatchObject({ 'ONNX Runtime cpu': 'ok', 'embedded models': 'ok' })
    },
    10 * minutes,
  )

  it(
    'runs cells with the types of the library and of danfojs',
    async () => {
      const sources = [
        "const base: T2I = await T2I.load('shapes')\nlet scores: ModelScores | undefined\nbase.name",
        "import { DataFrame } from 'danfojs-node'\nconst made: DataFrame = await toFrame([{ a: 1 }, { a: 3 }])\nmade.column('a').mean()",
        'const wrong: number = base.name',
      ]
      const cells = sources.map((source, i) => ({
        cell_type: 'code',
        id: `c${i}`,
        metadata: {},
        execution_count: null,
        outputs: [],
        source,
      }))
      const notebook = { cells, metadata: {}, nbformat: 4, nbformat_minor: 5 }
      writeFileSync(join(folder, 'n.ipynb'), JSON.stringify(notebook))
      const { code } = await selma('run', 'n.ipynb', '-o', 'out.ipynb')
      expect(code).toBe(1)
      const outputs = JSON.parse(readFileSync(join(folder, 'out.ipynb'), 'utf8')).cells.map(
        ({ outputs }: { outputs: { data?: Record<string, string | string[]>; evalue?: string }[] }) =>
          outputs[0].evalue ?? [outputs[0].data?.['text/plain']].flat().join(''),
      )
      expect(outputs[0]).toContain('shapes')
      expect(outputs[1]).toBe('2')
      expect(outputs[2]).toContain("Type 'string' is not assignable to type 'number'")
    },
    5 * minutes,
  )

  it(
    'installs a kernel that starts on a Node that is new enough',
    async () => {
      const prefix = join(folder, 'env')
      const installed = await selma('install', '--prefix', prefix)
      expect(installed.code, installed.stderr).toBe(0)
      const place = join(prefix, 'share', 'jupyter', 'kernels', 'selma')
      const { argv } = JSON.parse(readFileSync(join(place, 'kernel.json'), 'utf8')) as { argv: string[] }
      expect(
        argv.filter((one) => one.includes(join('node_modules', 'selma-lab', 'kernel', 'bin'))),
      ).toHaveLength(1)
      expect(
        Number((await run(argv[0], ['--version'])).stdout.slice(1).split('.')[0]),
      ).toBeGreaterThanOrEqual(24)
      // Without a connection file it has loaded everything, and says what is missing.
      const started = await run(argv[0], argv.slice(1, -1))
      expect([started.code, started.stderr]).toEqual([2, expect.stringContaining('CONNECTION_FILE')])
      const files = () =>
        readdirSync(join(prefix, 'share', 'jupyter'), { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map(({ name, parentPath }) => join(parentPath, name))
      const extension = join('labextensions', '@selma-lab', 'jupyterlab', 'package.json')
      expect(files().filter((path) => path.endsWith(extension))).toHaveLength(1)
      expect((await selma('uninstall', '--prefix', prefix)).code).toBe(0)
      expect(existsSync(place)).toBe(false)
      expect(files()).toEqual([])
    },
    10 * minutes,
  )
})
