// biome-ignore-all lint/suspicious/noTemplateCurlyInString: cells are source text
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findMagics } from '../../kernel/magics/find.ts'
import { words } from '../../kernel/magics/npm.ts'
import { duration } from '../../kernel/magics/run.ts'
import type { DisplayOutput } from '../../kernel/outputs.ts'
import { type TestSession, testSession } from './fixtures/session.ts'

const found = (code: string, known: string[] = []) =>
  findMagics(code, (name) => known.includes(name)).magics.map(({ kind, name, text }) =>
    `${kind} ${name} ${text}`.replace(/ +/g, ' '),
  )

describe('lines that are no TypeScript', () => {
  it.each([
    ['!ls', ['shell ls']],
    ['!ls -la', ['shell ls -la']],
    ['!nvidia-smi', ['shell nvidia-smi']],
    ['!./run.sh a b', ['shell ./run.sh a b']],
    ['!/bin/ls', ['shell /bin/ls']],
    ['!~/tool', ['shell ~/tool']],
    ['!cat x.txt | wc -l', ['shell cat x.txt | wc -l']],
    ['!ls | wc -l', ['shell ls | wc -l']],
    ['!echo "a b" > c', ['shell echo "a b" > c']],
    ['!echo a \\\n  b\n1', ['shell echo a b']],
    ['const a = 5\n!ls\na', ['shell ls']],
    ['if (x) {\n  !echo hi\n}', ['shell echo hi']],
    ['if (x)\n  !echo hi', ['shell echo hi']],
    ['%npm install x', ['line npm install x']],
    ['5\n%npm install x\nfoo', ['line npm install x']],
    ['x\n%who\n', ['line who ']],
    ['x\n%time f()', ['line time f()']],
    ['%matplotlib inline', ['line matplotlib inline']],
    ['%%html\n<b>', ['cell html ']],
    ['\n%%writefile a b.txt\nx', ['cell writefile a b.txt']],
    ['%%time\n!ls', ['cell time ', 'shell ls']],
    ['%%html\n!ls', ['cell html ']],
    ['!a b\r\n!c d\r\n1', ['shell a b', 'shell c d']],
  ])('%j', (code, magics) => {
    expect(found(code)).toEqual(magics)
  })

  it.each([
    'const done = true\n!done && f()',
    '!done\n  && next',
    '!process.exitCode',
    '!foo(\n  1,\n)',
    '!(await x)',
    '!!x',
    '! ls',
    '!`a`',
    '!/a/.test(x)',
    'a\n  % b',
    'a\n%b',
    'const time = 5, x = 7\nx\n%time',
    'const x = [\n!a,\n!b\n]',
    'foo(\n!bar baz\n)',
    'const s = "a" +\n!ls',
    '`\n!ls\n%who\n`',
    '/*\n!ls\n%who\n*/',
    '// %who',
    '"%who"',
    'x = `${`\n%who`}`',
  ])('%j is', (code) => {
    expect(found(code)).toEqual([])
    expect(findMagics(code).code).toBe(code)
  })

  it('minds names of earlier cells', () => {
    expect(found('!ready')).toEqual(['shell ready'])
    expect(found('!ready', ['ready'])).toEqual([])
    expect(found('!ready set', ['ready'])).toEqual(['shell ready set'])
    expect(found('5\n%who', ['who'])).toEqual([])
  })

  it('moves nothing', () => {
    const code = 'const a = 1\n  !ls -la /tmp\n%npm install x\nconst b: string = a'
    const { code: plain } = findMagics(code)
    expect(plain).toHaveLength(code.length)
    expect(plain.split('\n').map((line) => line.trimEnd())).toEqual([
      'const a = 1',
      '  {}',
      '{}',
      'const b: string = a',
    ])
  })

  it('reads arguments', () => {
    expect(words(`install "a b"  'c' d@1`)).toEqual(['install', 'a b', 'c', 'd@1'])
    expect([3.16, 12.6, 3400, 125_000].map(duration)).toEqual(['3.2 ms', '13 ms', '3.4 s', '2 min 5 s'])
  })
})

describe('magics in cells', () => {
  let cwd: string
  let session: TestSession
  beforeEach(async () => {
    cwd = await mkdtemp(join(tmpdir(), 'selma-magics-'))
    session = testSession({ cwd })
  })
  afterEach(async () => {
    session.close()
    await rm(cwd, { recursive: true })
  })
  const shown = () =>
    session.outputs
      .map(({ output }) => output)
      .filter((one): one is DisplayOutput => one.output_type === 'display_data')
      .map((one) => one.data as Record<string, string>)

  it('run commands in the folder of the notebook, between lines of code', async () => {
    await session.run('console.log("before")\n!echo one; pwd; echo two >&2\nconsole.log("after")')
    expect(session.text()).toBe(`before\none\n${cwd}\nafter\n`)
    expect(session.text('stderr')).toBe('two\n')
  })

  it('run commands in loops and async functions', async () => {
    await session.run(
      'for (const x of [1, 2])\n  !echo loop',
      'const f = async () => {\n  !echo inside\n}\nawait f()',
    )
    expect(session.text()).toBe('loop\nloop\ninside\n')
  })

  it('fail with the command’s exit code', async () => {
    expect(await session.run('!exit 3\nconsole.log("not reached")')).toBe(
      'SelmaError: exit 3 ended with exit code 3',
    )
    expect(await session.run('!no-such-command-here')).toContain('ended with exit code 127')
    expect(session.last?.error?.traceback).toContain('  hint: the shell knows no such command')
    expect(session.text()).toBe('')
  })

  it('end with the cell that is interrupted, with all they started', async () => {
    const stop = new AbortController()
    const running = session.execute('!sh -c "sleep 2; touch late" & sleep 60', {
      signal: stop.signal,
      onOutput: () => {},
    })
    setTimeout(() => stop.abort(), 300)
    expect((await running).status).toBe('error')
    await new Promise((resolve) => setTimeout(resolve, 2500))
    expect(await session.run('!ls')).toBeUndefined()
    expect(session.text()).not.toContain('late')
  })

  it('write files, whole and appended, and the next cell imports them', async () => {
    await session.run('%%writefile sub/x.ts\nexport const k: number = 5\n')
    await session.run('%%writefile -a sub/x.ts\nexport const l = "${}`"\n')
    expect(await readFile(join(cwd, 'sub', 'x.ts'), 'utf8')).toBe(
      'export const k: number = 5\nexport const l = "${}`"\n',
    )
    expect(session.text()).toBe('wrote sub/x.ts\nappended to sub/x.ts\n')
    expect(await session.run("import { k, l } from './sub/x.ts'\nk + l")).toBe("'5${}`'")
  })

  it.each([
    ['html', 'text/html', '<b>x</b>\n<script>"`${1}\\n"</script>'],
    ['markdown', 'text/markdown', '# a\n- `b`'],
    ['svg', 'image/svg+xml', '<svg xmlns="http://www.w3.org/2000/svg"/>'],
  ])('show the rest of the cell as %s', async (name, mime, body) => {
    await session.run(`%%${name}\n${body}`)
    expect(shown()).toEqual([{ [mime]: body, 'text/plain': body }])
  })

  it('time a cell, or one statement, and keep its value and names', async () => {
    expect(await session.run('%time await Promise.resolve(7)')).toBe('7')
    expect(await session.run('%time const { q } = { q: 2 }', 'q')).toBe('2')
    expect(await session.run('%%time\nlet z = 0\nfor (let i = 0; i < 3; i++) z += i\nz')).toBe('3')
    expect(session.text()).toMatch(/^(took [\d.]+ m?s \(CPU [\d.]+ m?s\)\n){3}$/)
  })

  it('list variables with their types', async () => {
    await session.run('%who')
    expect(session.text()).toBe('no variables yet\n')
    await session.run('let n = 1\ninterface I { a: number }\nconst of: I = { a: 2 }')
    await session.run('const list = ["<x>"]\n%who')
    const text = shown()[0]
      ['text/plain'].split('\n')
      .map((line) => line.split(/ {2,}/))
    expect(text).toEqual([
      ['name', 'type', 'value'],
      ['----', expect.any(String), expect.any(String)],
      ['n', 'number', '1'],
      ['of', 'I', '{ a: 2 }'],
      ['list', 'string[]', "[ '<x>' ]"],
      ['3 rows × 3 columns'],
    ])
    expect(shown()[0]['text/html']).toContain('&lt;x&gt;')
  })

  it('help', async () => {
    await session.run('%help')
    expect(shown()[0]['text/markdown']).toContain('- `%npm install name`')
    expect(shown()[0]['text/plain']).toContain('%%writefile path')
  })

  it.each([
    ['%foo bar', 'there is no %foo: this kernel runs TypeScript', /%npm, .*%%html, .*and !command/],
    ['%matplotlib inline', 'there is no %matplotlib: this kernel runs TypeScript', /Plotly figure/],
    ['%pip install numpy', 'there is no %pip', /%npm install name/],
    ['%npm', '%npm alone does nothing here', /try %npm install name/],
    ['%time', 'line 2: %time needs a statement on its line', /SelmaError/],
    ['{\n  %time 1\n}', 'line 3: %time stands at the top of a cell only', /SelmaError/],
    [
      'function f() {\n  !ls\n}',
      'line 3: a magic inside a function needs that function to be async',
      /SelmaError/,
    ],
  ])('%j is refused, and nothing of its cell runs', async (code, message, traceback) => {
    expect(await session.run(`console.log("ran")\n${code}`)).toContain(message)
    expect(session.last?.error?.traceback.join('\n')).toMatch(traceback)
    expect(session.text()).toBe('')
  })

  it.each([
    ['%%bash\nls', 'there is no %%bash', /use !command/],
    ['%%writefile\nx', '%%writefile needs a path', /for example/],
  ])('%j is refused', async (code, message, hint) => {
    expect(await session.run(code)).toContain(message)
    expect(session.last?.error?.traceback[1]).toMatch(hint)
  })

  it('leave errors in the code where they are', async () => {
    expect(await session.run('!ls\n%who\nconst bad: string = 5')).toMatch(
      /^TypeScriptError: line 3, column 7/,
    )
    expect(await session.run('!true\n%time null!.x')).toMatch(/^TypeScriptError: line 2, column 13/)
    await session.run('!true\n\n%time (() => { throw new Error("x") })()')
    expect(session.last?.error?.traceback.join('\n')).toContain('cell [3], line 3, column 22')
  })

  it('install a package that the same cell imports, with its types from then on', async () => {
    const source = join(cwd, 'source')
    await mkdir(source)
    const manifest = {
      name: 'selma-sample',
      version: '1.0.0',
      type: 'module',
      exports: './index.js',
      types: './index.d.ts',
    }
    await writeFile(join(source, 'package.json'), JSON.stringify(manifest))
    await writeFile(join(source, 'index.js'), 'export const twice = (x) => 2 * x\n')
    await writeFile(join(source, 'index.d.ts'), 'export declare const twice: (x: number) => number\n')
    const code = "import { twice } from 'selma-sample'\ntwice(4)"
    expect(await session.run(code)).toContain("Cannot find module 'selma-sample'")
    expect(await session.run(`${code.split('\n')[0]}\n%npm install ./source\ntwice(4)`)).toBe('8')
    expect(await session.run('twice("a")')).toContain("Argument of type 'string' is not assignable")
    const written = JSON.parse(await readFile(join(cwd, 'package.json'), 'utf8'))
    expect(written).toMatchObject({ type: 'module', dependencies: { 'selma-sample': 'file:source' } })
    expect(session.text()).toContain('added 1 package')
    expect(await session.run('%npm install ./nowhere')).toMatch(
      /^SelmaError: npm install .* ended with exit code/,
    )
  })
})
