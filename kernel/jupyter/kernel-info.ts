// What the kernel says of itself.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { inPackage } from '../../lib/base/own-file.ts'
import { type Json, PROTOCOL_VERSION } from '../wire/message.ts'

function versionIn(path: string): string {
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version
}

/** The content of a kernel_info_reply. Read from package.json files: nothing heavy is loaded for it. */
export function kernelInfo(): Json {
  const version = versionIn(inPackage('package.json'))
  const typescript = versionIn(createRequire(import.meta.url).resolve('typescript/package.json'))
  return {
    status: 'ok',
    protocol_version: PROTOCOL_VERSION,
    implementation: 'selma',
    implementation_version: version,
    language_info: {
      name: 'typescript',
      version: typescript,
      mimetype: 'text/x-typescript',
      file_extension: '.ts',
      pygments_lexer: 'typescript',
      codemirror_mode: 'typescript',
      nbconvert_exporter: 'script',
    },
    banner: `SELMA Lab ${version}: TypeScript ${typescript} on Node ${process.versions.node}`,
    debugger: false,
    supported_features: [],
    help_links: [
      { text: 'TypeScript', url: 'https://www.typescriptlang.org/docs/' },
      { text: 'Node.js', url: 'https://nodejs.org/api/' },
      { text: 'SELMA (the paper)', url: 'https://arxiv.org/abs/2403.06952' },
    ],
  }
}
