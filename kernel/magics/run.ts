// What magics do when their cell runs. Where each stands is `find.ts`; a converted cell calls these.
import { randomUUID } from 'node:crypto'
import { appendFile, mkdir } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, relative, resolve } from 'node:path'
import { fileError, writeFileAtomic } from '../../lib/base/files.ts'
import { currentCell } from '../cell.ts'
import { tableBundle } from '../display/table.ts'
import { inspected } from '../display/text.ts'
import { magicsHelp } from './list.ts'
import { npm, words } from './npm.ts'
import { type CommandOptions, runCommand } from './shell.ts'

const mimes: Record<string, string> = {
  html: 'text/html',
  markdown: 'text/markdown',
  svg: 'image/svg+xml',
}

/** Under the names that converted cells call. */
export interface Magics {
  shell(command: string): Promise<void>
  npm(args: string): Promise<void>
  writefile(args: string, body: string): Promise<void>
  show(name: string, body: string): Promise<void>
  /** @param types JSON of the type by name of every variable that later cells see */
  who(values: Record<string, unknown>, types: string): Promise<void>
  help(): Promise<void>
  /** Starts a clock; the returned function prints what it shows. */
  clock(): () => void
}

function print(stream: 'stdout' | 'stderr', text: string): void {
  currentCell()?.stream(stream, text)
}

function show(data: Record<string, unknown>): void {
  currentCell()?.send('display_data', randomUUID(), data, {})
}

/** Milliseconds for people: 12 ms, 3.4 s, 2 min 5 s. */
export function duration(ms: number): string {
  if (ms < 1000) return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`
  return `${Math.floor(ms / 60_000)} min ${Math.floor((ms % 60_000) / 1000)} s`
}

/** The magics of the notebooks in one folder. */
export function createMagics(cwd: string): Magics {
  const options = (): CommandOptions => {
    const cell = currentCell()
    return { cwd, signal: cell?.signal, write: (name, text) => cell?.stream(name, text) }
  }
  return {
    shell: (command) => runCommand(command, options()),
    npm: (args) => npm(args, options()),
    async writefile(args, body) {
      const parts = words(args)
      const append = parts[0] === '-a'
      const name = parts
        .slice(append ? 1 : 0)
        .join(' ')
        .replace(/^~(?=\/)/, homedir())
      const path = resolve(cwd, name)
      if (append) {
        await mkdir(dirname(path), { recursive: true })
          .then(() => appendFile(path, body))
          .catch((error) => {
            throw fileError(error, 'write', path)
          })
      } else await writeFileAtomic(path, body)
      print('stdout', `${append ? 'appended to' : 'wrote'} ${relative(cwd, path) || path}\n`)
    },
    async show(name, body) {
      show({ [mimes[name]]: body, 'text/plain': body })
    },
    async who(values, types) {
      const rows = Object.entries(JSON.parse(types) as Record<string, string>)
        .filter(([name]) => name in values)
        .map(([name, type]) => ({
          name,
          type,
          value: inspected(values[name]).replace(/\s+/g, ' ').slice(0, 80),
        }))
      if (rows.length === 0) print('stdout', 'no variables yet\n')
      else show(tableBundle(rows))
    },
    async help() {
      const text = magicsHelp()
      show({ 'text/markdown': text, 'text/plain': text.replaceAll('`', '') })
    },
    clock() {
      const wall = performance.now()
      const cpu = process.cpuUsage()
      return () => {
        const { user, system } = process.cpuUsage(cpu)
        print(
          'stdout',
          `took ${duration(performance.now() - wall)} (CPU ${duration((user + system) / 1000)})\n`,
        )
      }
    },
  }
}
