import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { globMatcher, History, historyFile } from '../../../kernel/jupyter/history.ts'
import { temporaryFolder } from '../../support/temporary.ts'

async function twoSessions(): Promise<{ path: string; now: History }> {
  const path = join(await temporaryFolder(), 'deep', 'history.jsonl')
  const before = new History(path, 1000)
  before.input(1, 'const a = 1')
  before.input(2, 'a')
  before.output(2, '1')
  const now = new History(path, 2000)
  now.input(1, 'const b = 2')
  now.input(2, 'a')
  now.input(3, 'b + 1')
  now.output(3, '3')
  return { path, now }
}

describe('history', () => {
  it('gives the tail, with results if asked', async () => {
    const { now } = await twoSessions()
    expect(now.query({ hist_access_type: 'tail', n: 2 })).toEqual([
      [2000, 2, 'a'],
      [2000, 3, 'b + 1'],
    ])
    expect(now.query({ hist_access_type: 'tail', n: 2, output: true })).toEqual([
      [2000, 2, ['a', null]],
      [2000, 3, ['b + 1', '3']],
    ])
    expect(now.query({ hist_access_type: 'tail', n: 4 })).toHaveLength(4)
  })

  it('gives ranges: this session, the one before, one by its number', async () => {
    const { now } = await twoSessions()
    const codes = (request: object) =>
      now.query({ hist_access_type: 'range', ...request }).map((one) => one[2])
    expect(codes({ session: 0, start: 2 })).toEqual(['a', 'b + 1'])
    expect(codes({ session: 0, start: 1, stop: 2 })).toEqual(['const b = 2'])
    expect(codes({ session: -1 })).toEqual(['const a = 1', 'a'])
    expect(codes({ session: 1000, start: 2 })).toEqual(['a'])
    expect(codes({ session: -7 })).toEqual([])
  })

  it('is searched with shell patterns, the latest of equal ones if unique', async () => {
    const { now } = await twoSessions()
    const search = (request: object) => now.query({ hist_access_type: 'search', ...request })
    expect(search({ pattern: 'const ?*' }).map((one) => one[2])).toEqual(['const a = 1', 'const b = 2'])
    expect(search({ pattern: 'a' })).toHaveLength(2)
    expect(search({ pattern: 'a', unique: true })).toEqual([[2000, 2, 'a']])
    expect(search({ n: 1 })).toEqual([[2000, 3, 'b + 1']])
    expect(search({ pattern: 'nothing*' })).toEqual([])
    expect(now.query({ hist_access_type: 'other' })).toEqual([])
  })

  it('survives torn and foreign lines', async () => {
    const { path, now } = await twoSessions()
    writeFileSync(
      path,
      `\n{"s":1,"n":\nnull\n[]\n{"s":"x"}\n{"s":5,"n":1,"in":7}\n${readFileSync(path, 'utf8')}`,
    )
    expect(now.query({ hist_access_type: 'tail', n: 100 })).toHaveLength(5)
  })

  it('is put aside when it is full, and stays bounded', async () => {
    const path = join(await temporaryFolder(), 'history.jsonl')
    const history = new History(path, 1, 2000)
    for (let at = 1; at <= 300; at++) history.input(at, `const name${at} = ${at}`)
    expect(statSync(path).size + statSync(`${path}.old`).size).toBeLessThan(4200)
    const tail = history.query({ hist_access_type: 'tail', n: 3 })
    expect(tail.map((one) => one[1])).toEqual([298, 299, 300])
  })

  it('does without a place to be kept', () => {
    const history = new History('/dev/null/history.jsonl')
    history.input(1, 'x')
    expect(history.query({ hist_access_type: 'tail', n: 10 })).toEqual([])
  })

  it('is nobody else’s to read', async () => {
    const { path } = await twoSessions()
    expect(statSync(path).mode & 0o077).toBe(0)
  })

  it('has its place', () => {
    expect(historyFile({ SELMA_HOME: '/s' })).toBe('/s/history.jsonl')
    expect(historyFile({ XDG_DATA_HOME: '/x' })).toBe('/x/selma/history.jsonl')
  })
})

describe('patterns', () => {
  it.each([
    ['*', '', true],
    ['*', 'a\nb', true],
    ['a*c', 'abbc', true],
    ['a*c', 'abcd', false],
    ['?', 'a', true],
    ['?', '', false],
    ['[a-c]x', 'bx', true],
    ['[^a-c]x', 'bx', false],
    ['[]x', '[]x', true],
    ['*.ts*(', 'y.ts (', true],
    ['a**b*', 'ab', true],
  ])('%j on %j: %s', (pattern, text, expected) => {
    expect(globMatcher(pattern)(text)).toBe(expected)
  })

  it('take no exponential time', () => {
    expect(globMatcher('a*'.repeat(40))('a'.repeat(2000).concat('b').slice(0, 2000).replace(/^a/, 'b'))).toBe(
      false,
    )
    expect(globMatcher(`${'*a'.repeat(30)}b`)('a'.repeat(2000))).toBe(false)
  })
})
