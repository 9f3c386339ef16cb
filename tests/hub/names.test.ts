import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseRepoId } from '../../lib/hub/index.ts'
import { checkRevision } from '../../lib/hub/repo-id.ts'
import { hubSettings } from '../../lib/hub/settings.ts'

describe('names that people type', () => {
  it('are read', () => {
    expect(parseRepoId('stable-diffusion-v1-5/stable-diffusion-v1-5')).toEqual({
      repo: 'stable-diffusion-v1-5/stable-diffusion-v1-5',
      revision: undefined,
    })
    expect(parseRepoId('a/b@refs/pr/1')).toEqual({ repo: 'a/b', revision: 'refs/pr/1' })
    expect(parseRepoId('A_1/b.c-d@v1.0')).toEqual({ repo: 'A_1/b.c-d', revision: 'v1.0' })
  })

  it.each([
    '',
    'a',
    'a/b/c',
    '/b',
    'a/',
    'a/../b',
    '../b',
    'a/..',
    'a//b',
    'a/b--c',
    'a/b.git',
    '-a/b',
    'a/b-',
    'a b/c',
    'a/b\n',
    'ä/b',
    'https://huggingface.co/a/b',
    'datasets/a/b',
    `a/${'b'.repeat(100)}`,
    'a/b@',
    'a/b@..',
    'a/b@x/../y',
    'a/b@/x',
    'a/b@x y',
    'a/b@x.lock',
    'a/b@-x',
    'a\\b',
    5 as unknown as string,
  ])('%j is refused', (text) => {
    expect(() => parseRepoId(text)).toThrow(expect.objectContaining({ code: 'bad-input' }))
  })

  it('a revision stays below refs', () => {
    for (const revision of ['main', 'v1.0', 'refs/pr/12', 'feature/x'])
      expect(checkRevision(revision)).toBe(revision)
    for (const revision of [
      '..',
      '../x',
      'a/..',
      'a/./b',
      'a\0',
      'a:b',
      'a~1',
      'a^',
      '.a',
      'a/.b',
      'a.',
      'a/',
    ])
      expect(() => checkRevision(revision), revision).toThrow(expect.objectContaining({ code: 'bad-input' }))
  })
})

it('reads where the cache is from the variables that Python reads', async () => {
  const at = async (env: Record<string, string>) => (await hubSettings({ env })).cacheDir
  const { HOME } = process.env
  expect(await at({})).toBe(join(HOME!, '.cache/huggingface/hub'))
  expect(await at({ XDG_CACHE_HOME: '/x' })).toBe('/x/huggingface/hub')
  expect(await at({ HF_HOME: '~/hf' })).toBe(join(HOME!, 'hf/hub'))
  expect(await at({ HF_HOME: '/h', HUGGINGFACE_HUB_CACHE: '/old' })).toBe('/old')
  expect(
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the variable's value is meant so
    await at({ HF_HUB_CACHE: '$BASE/${SUB}', BASE: '/b', SUB: 's', HUGGINGFACE_HUB_CACHE: '/old' }),
  ).toBe('/b/s')
})
