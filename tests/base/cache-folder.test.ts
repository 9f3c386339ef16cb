// Where caches are.
import { expect, it } from 'vitest'
import { cacheFolder } from '../../lib/base/cache-folder.ts'

it('is where the user says, else in the user’s cache', () => {
  expect(cacheFolder({ SELMA_CACHE: '/a/b' })).toBe('/a/b')
  expect(cacheFolder({ XDG_CACHE_HOME: '/c', HOME: '/h' })).toBe('/c/selma')
  expect(cacheFolder({ HOME: '/h' })).toBe('/h/.cache/selma')
})
