// The magics there are, what each does, and what to say about those there are not.
import { fail } from '../../lib/base/errors.ts'
import type { Magic } from './find.ts'

/** `%name`, by name. */
export const lineMagics = new Map([
  ['npm', '`%npm install name` installs packages into the notebook’s folder; the next line can import them'],
  ['time', '`%time expression` says how long one statement takes'],
  ['who', '`%who` lists the variables with their types'],
  ['help', '`%help` shows this list'],
])

/** `%%name`, on the first line of a cell, by name. */
export const cellMagics = new Map([
  ['writefile', '`%%writefile path` writes the rest of the cell to a file; `-a` appends'],
  ['html', '`%%html` shows the rest of the cell as HTML'],
  ['markdown', '`%%markdown` shows it as Markdown'],
  ['svg', '`%%svg` shows it as an SVG picture'],
  ['time', '`%%time` says how long the cell takes'],
])

export const shellHelp = '`!command` runs a shell command'

/** What people who come from Python type, and what does it here. */
const elsewhere: Record<string, string> = {
  pip: 'packages come from npm: %npm install name',
  conda: 'packages come from npm: %npm install name',
  mamba: 'packages come from npm: %npm install name',
  matplotlib: 'nothing has to be switched on; show a Plotly figure by making it the last line of a cell',
  load_ext: 'there are no extensions; import what you need',
  autoreload: 'a file that changed is loaded anew by the next import of it',
  timeit: 'use %time expression',
  bash: 'use !command',
  sh: 'use !command',
  run: "use await import('./file.ts'), or !node file.js",
  env: 'use process.env',
  cd: "use process.chdir('folder')",
  pwd: 'use process.cwd()',
  ls: 'use !ls',
  whos: 'use %who',
  lsmagic: 'use %help',
  python: 'run Python with !python3 file.py',
}

/** @throws SelmaError `bad-input` for a magic that does not exist, with what to use instead */
export function checkMagic({ kind, name, text }: Magic): void {
  if (kind === 'shell') return
  const [sign, known] = kind === 'cell' ? ['%%', cellMagics] : ['%', lineMagics]
  if (!known.has(name)) {
    const all = [
      ...[...lineMagics.keys()].map((one) => `%${one}`),
      ...[...cellMagics.keys()].map((one) => `%%${one}`),
    ]
    const instead = elsewhere[name] ?? `there are ${all.join(', ')} and !command`
    fail('bad-input', `there is no ${sign}${name}: this kernel runs TypeScript`, instead)
  }
  if (
    kind === 'line' &&
    name === 'npm' &&
    !/^(install|i|add|uninstall|remove|rm|ls|list|update|outdated)\b/.test(text)
  )
    fail(
      'bad-input',
      `%npm ${text || 'alone'} does nothing here`,
      'try %npm install name, or !npm for the rest of npm',
    )
  if (kind === 'cell' && name === 'writefile' && !text.replace(/^-a\b/, '').trim())
    fail('bad-input', '%%writefile needs a path', 'for example %%writefile skills.json')
}

/** The list for people, as Markdown. */
export function magicsHelp(): string {
  const lines = [shellHelp, ...lineMagics.values(), ...cellMagics.values()].map((one) => `- ${one}`)
  const shown =
    '`display(value)`, `` html`…` ``, `` svg`…` ``, `` markdown`…` ``, `` latex`…` ``, `json(value)`'
  return `${lines.join('\n')}\n\nTo show things: ${shown}; the last line of a cell is shown by itself.`
}
