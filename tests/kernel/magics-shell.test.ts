import { tmpdir } from 'node:os'
import { describe, expect, it } from 'vitest'
import { runCommand } from '../../kernel/magics/shell.ts'

describe('a command', () => {
  const collect = () => {
    const got: string[] = []
    return { got, write: (_: string, text: string) => void got.push(text) }
  }

  it('gives characters whole, however its bytes come', async () => {
    const { got, write } = collect()
    await runCommand("printf '\\303'; sleep 0.1; printf '\\244'", { cwd: tmpdir(), write })
    expect(got.join('')).toBe('ä')
  })

  it('takes arguments that no shell reads', async () => {
    const { got, write } = collect()
    await runCommand([process.execPath, '-e', 'console.log(process.argv[1])', '$HOME; `ls`'], {
      cwd: tmpdir(),
      write,
    })
    expect(got.join('')).toBe('$HOME; `ls`\n')
  })

  it('says that it cannot start, or was not started', async () => {
    const { write } = collect()
    await expect(runCommand(['/no/such/program'], { cwd: tmpdir(), write })).rejects.toThrow(
      /cannot run .*ENOENT/,
    )
    await expect(runCommand('true', { cwd: tmpdir(), write, signal: AbortSignal.abort() })).rejects.toThrow(
      'was not started',
    )
  })

  it('is killed when it does not end by itself', async () => {
    const { got, write } = collect()
    const stop = new AbortController()
    const running = runCommand("trap '' TERM; echo ready; while :; do sleep 0.1; done", {
      cwd: tmpdir(),
      signal: stop.signal,
      write: (_, text) => {
        write(_, text)
        stop.abort()
      },
    })
    await expect(running).rejects.toThrow('was interrupted')
    expect(got).toEqual(['ready\n'])
  })
})
