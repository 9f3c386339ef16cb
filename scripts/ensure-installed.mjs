// Makes sure that the installed packages are those of package-lock.json, and installs them when they are not,
// so that `npm test` and `npm run quickstart` work as the first command after a clone. Plain Node without
// dependencies, silent and quick when nothing is to do.
//
// Options: --check only says whether something is to do (exit code 1 if so); --root DIR, default this project.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const oldest = [20, 19]
/** An installation that has run for so long (ms) is taken for dead, whatever its process number says now. */
const longest = 30 * 60_000

const args = process.argv.slice(2)
const given = args.indexOf('--root')
const root = resolve(
  given >= 0 ? (args[given + 1] ?? '.') : join(dirname(fileURLToPath(import.meta.url)), '..'),
)

const say = (text) => process.stderr.write(`${text}\n`)

function nodeProblem(version = process.versions.node) {
  const [major, minor] = version.split('.').map(Number)
  if (major > oldest[0] || (major === oldest[0] && minor >= oldest[1])) return undefined
  return `Node ${version} is too old: version ${oldest.join('.')} or later is needed.\nInstall the current LTS version from https://nodejs.org (or with your version manager) and run this again.`
}

function readPackages(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).packages
  } catch {
    return undefined
  }
}

/** Why the installed packages are not those of the lock file; undefined when they are. */
function whatIsStale() {
  const path = join(root, 'package-lock.json')
  const wanted = readPackages(path)
  if (!wanted) {
    say(`${path} is missing or damaged: get it back with git checkout package-lock.json`)
    process.exit(1)
  }
  const there = readPackages(join(root, 'node_modules', '.package-lock.json'))
  if (!there) return 'they are not there yet'
  const omitted = /\bdev\b/.test(process.env.npm_config_omit ?? '') || process.env.NODE_ENV === 'production'
  for (const [name, { version, integrity, optional, devOptional, dev, link }] of Object.entries(wanted)) {
    if (name === '') continue
    const installed = there[name]
    if (!installed) {
      // Optional packages are for other platforms; npm leaves them out.
      if (optional || devOptional || (dev && omitted)) continue
      return `${name.replace(/^.*node_modules\//, '')} is missing`
    }
    if (link) continue
    const other = integrity && installed.integrity && installed.integrity !== integrity
    if (installed.version !== version || other) {
      return `${name.replace(/^.*node_modules\//, '')} is ${installed.version}, not ${version}`
    }
  }
  return undefined
}

/** Outside node_modules, which an installation deletes. */
const lock = join(
  tmpdir(),
  `selma-install-${createHash('sha256').update(root).digest('hex').slice(0, 16)}.lock`,
)

function isHeld() {
  try {
    if (Date.now() - statSync(lock).mtimeMs > longest) return undefined
    const pid = Number(readFileSync(lock, 'utf8'))
    // Just made, and not written yet.
    if (!pid) return 'another process'
    process.kill(pid, 0)
    return `process ${pid}`
  } catch (error) {
    return error.code === 'EPERM' ? 'another user' : undefined
  }
}

function takeLock() {
  try {
    const file = openSync(lock, 'wx')
    writeSync(file, String(process.pid))
    closeSync(file)
    process.on('exit', () => rmSync(lock, { force: true }))
    return true
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
    return false
  }
}

/** Runs `npm ci` with the npm that runs this script, if one does. */
function install() {
  const ci = ['ci', '--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error']
  const npm = process.env.npm_execpath ?? ''
  const env = { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' }
  // Its standard output goes to our standard error: the command that follows may print JSON.
  const options = { cwd: root, env, stdio: ['ignore', 2, 2] }
  const child = /npm-cli\.c?js$/.test(npm)
    ? spawn(process.execPath, [npm, ...ci], options)
    : spawn('npm', ci, { ...options, shell: process.platform === 'win32' })
  // npm gets the signal too (same terminal); we end after it, so that nobody else starts meanwhile.
  for (const name of ['SIGINT', 'SIGTERM']) process.on(name, () => child.kill(name))
  return new Promise((done) => {
    child.on('error', (error) => {
      say(`npm cannot be started: ${error.message}`)
      done(1)
    })
    child.on('exit', (code) => done(code ?? 1))
  })
}

async function main() {
  const problem = nodeProblem()
  if (problem) {
    say(problem)
    return 1
  }
  let stale = whatIsStale()
  if (args.includes('--check')) {
    if (stale) say(`The packages of package-lock.json are to be installed: ${stale}.`)
    return stale ? 1 : 0
  }
  if (!stale) return 0
  for (let told = false; !takeLock(); told = true) {
    const holder = isHeld()
    if (!holder) rmSync(lock, { force: true })
    else {
      if (!told) say(`Another installation is running (${holder}); waiting for it …`)
      await new Promise((done) => setTimeout(done, 500))
    }
  }
  stale = whatIsStale()
  if (!stale) return 0
  say(`Installing the packages of package-lock.json (${stale}): one to three minutes, about 750 MB on disk …`)
  mkdirSync(join(root, 'node_modules'), { recursive: true })
  const began = Date.now()
  const code = await install()
  if (code !== 0) {
    say(
      'npm ci failed; its messages are above. Is the package registry reachable, and is there room on the disk? Run the same command again when it is mended.',
    )
    return 1
  }
  say(`Installed in ${Math.round((Date.now() - began) / 1000)} s.`)
  return 0
}

process.exitCode = await main()
