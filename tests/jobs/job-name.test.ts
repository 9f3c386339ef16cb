import { mkdir, rename, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runInNewContext } from 'node:vm'
import { afterAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { sha256 } from '../../lib/base/files.ts'
import { defineStage, describeJob, hashInput, registerStages, stageNamed } from '../../lib/jobs/index.ts'
import { canonicalJson } from '../../lib/jobs/job-name.ts'
import { redact, refuseSecrets } from '../../lib/jobs/secrets.ts'
import { newRoot, rejection, removeRoots } from './support/help.ts'

afterAll(removeRoots)

const stage = defineStage({
  name: 'plain',
  version: 1,
  settings: z.object({ a: z.number().default(1), path: z.string().default('') }).loose(),
  identity: ({ path: _, ...rest }) => rest,
  run: async () => null,
})

describe('canonicalJson', () => {
  it('does not depend on the order of keys, nor on keys that are undefined', () => {
    const text = canonicalJson({ b: [1, { d: 'é', c: null }], a: undefined, 'a-': true })
    expect(text).toBe('{"a-":true,"b":[1,{"c":null,"d":"é"}]}')
    expect(canonicalJson({ 'a-': true, b: [1, { c: null, d: 'é' }] })).toBe(text)
  })

  it('takes objects of a notebook, which come from another realm', () => {
    expect(canonicalJson(runInNewContext('({ b: [1], a: {} })'))).toBe('{"a":{},"b":[1]}')
  })

  it.each([
    [{ x: Number.NaN }, 'v.x'],
    [{ x: [1, () => 1] }, 'v.x[1]'],
    [{ x: new Float32Array(2) }, 'Float32Array'],
    [{ x: new Date(0) }, 'Date'],
    [{ x: 1n }, 'bigint'],
    [undefined, 'undefined'],
  ])('refuses %o', (value, named) => {
    expect(() => canonicalJson(value, 'v')).toThrow(named)
  })

  it('refuses what holds itself', () => {
    const loop: Record<string, unknown> = {}
    loop.self = loop
    expect(() => canonicalJson(loop)).toThrow('holds itself')
  })
})

describe('the name of a job', () => {
  it('is the same on every machine, whether defaults are written or not', async () => {
    const { id, file } = await describeJob(stage, {})
    const hashed = '{"format":1,"inputs":{},"settings":{"a":1},"stage":"plain","stageVersion":1}'
    expect(file.hash).toBe(sha256(hashed))
    expect(id).toBe(`plain-${file.hash.slice(0, 16)}`)
    expect((await describeJob(stage, { a: 1 })).id).toBe(id)
    expect((await describeJob(stage, { a: 2 })).id).not.toBe(id)
    expect((await describeJob(stage, { path: '/elsewhere' })).id).toBe(id)
  })

  it('never holds a secret', async () => {
    const error = await rejection(describeJob(stage, { llm: { apiKey: 'abc-123' } }))
    expect(error.message).toContain('settings.llm.apiKey')
    expect(error.message).not.toContain('abc-123')
  })
})

describe('refuseSecrets', () => {
  it.each(['apiKey', 'api_key', 'token', 'hfToken', 'HF_TOKEN', 'password', 'Authorization', 'clientSecret'])(
    'refuses a text named %s',
    (key) => expect(() => refuseSecrets({ list: [{ [key]: 'x' }] })).toThrow(`settings.list[0].${key}`),
  )

  it('refuses what looks like a key under any name', () => {
    expect(() => refuseSecrets({ note: `hf_${'a'.repeat(34)}` })).toThrow('settings.note')
  })

  it('leaves settings alone that only sound like it', () => {
    refuseSecrets({
      apiKey: '',
      maxTokens: 5,
      token: 3,
      tokens: 'a b',
      tokenizer: 'clip',
      keyword: 'x',
      hint: 'sk-1',
    })
  })

  it('redacts the values of variables with secret names, short ones excepted', () => {
    process.env.TEST_SOME_KEY = 'abcdefgh12'
    process.env.TEST_TINY_KEY = 'abc'
    expect(redact('abc abcdefgh12!')).toBe('abc [TEST_SOME_KEY]!')
    delete process.env.TEST_SOME_KEY
    delete process.env.TEST_TINY_KEY
  })
})

describe('stages', () => {
  it('are known by name, once', () => {
    registerStages(stage, stage)
    expect(stageNamed('plain')).toBe(stage)
    expect(() => registerStages({ ...stage })).toThrow('plain')
    expect(() => stageNamed('fancy')).toThrow('fancy')
    expect(() => defineStage({ ...stage, name: '../up' })).toThrow('../up')
    expect(() => defineStage({ ...stage, version: 0.5 })).toThrow('0.5')
  })
})

describe('hashInput', () => {
  it('covers names and contents of a folder, wherever it lies', async () => {
    const root = await newRoot()
    const folder = join(root, 'a')
    await mkdir(join(folder, 'sub'), { recursive: true })
    await writeFile(join(folder, 'one'), 'x')
    await writeFile(join(folder, 'sub', 'two'), 'y')
    expect(await hashInput(join(folder, 'one'))).toBe(sha256('x'))
    const hash = await hashInput(folder)
    await rename(folder, join(root, 'b'))
    expect(await hashInput(join(root, 'b'))).toBe(hash)
    await symlink(join(root, 'b'), folder)
    expect(await hashInput(folder)).toBe(hash)
    await writeFile(join(root, 'b', 'sub', 'two'), 'z')
    const changed = await hashInput(join(root, 'b'))
    expect(changed).not.toBe(hash)
    await rename(join(root, 'b', 'one'), join(root, 'b', 'won'))
    expect(await hashInput(join(root, 'b'))).not.toBe(changed)
    expect((await rejection(hashInput(join(root, 'nothing')))).code).toBe('not-found')
  })
})
