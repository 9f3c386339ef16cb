#!/usr/bin/env node
// The `selma` command. TypeScript is loaded through tsx; what it does is in selma.ts.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`selma needs Node 20.19 or later, this is ${process.versions.node}\n`)
  process.exit(1)
}
try {
  const { register } = await import('tsx/esm/api')
  register()
} catch (error) {
  if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error
  const script = new URL('../../scripts/ensure-installed.mjs', import.meta.url)
  const how = existsSync(script) ? `node ${fileURLToPath(script)}` : 'npm install'
  process.stderr.write(`selma's packages are not installed; install them with: ${how}\n`)
  process.exit(1)
}
await import('./selma.ts')
