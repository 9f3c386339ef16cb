import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { inPackage, nodeArguments, ownModule } from '../../lib/base/own-file.ts'

describe("the package's own files", () => {
  it('are sources beside sources, and built beside built', () => {
    expect(ownModule('../worker.ts', 'file:///p/lib/jobs/spawn.ts')).toBe('/p/lib/worker.ts')
    expect(ownModule('../worker.ts', 'file:///p/dist/lib/jobs/spawn.js')).toBe('/p/dist/lib/worker.js')
    expect(ownModule('./logo.svg', 'file:///p/dist/kernel/a.js')).toBe('/p/dist/kernel/logo.svg')
  })

  it('run through tsx only where they are TypeScript', () => {
    expect(nodeArguments('/p/worker.js')).toEqual(['/p/worker.js'])
    const [flag, loader, path] = nodeArguments('/p/worker.ts')
    expect([flag, path]).toEqual(['--import', '/p/worker.ts'])
    expect(existsSync(new URL(loader))).toBe(true)
  })

  it('start at the package.json', () => {
    expect(JSON.parse(readFileSync(inPackage('package.json'), 'utf8')).name).toBe('selma-lab')
    expect(existsSync(inPackage('notebooks', '01-quickstart.ipynb'))).toBe(true)
  })
})
