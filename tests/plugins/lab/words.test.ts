import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { bytes, duration, oneLine, share, short } from '../../../plugins/lab/jobs/format.ts'
import { nameOf, type Run } from '../../../plugins/lab/jobs/run.ts'
import { folderOf, isHidden, jobFolders, normal } from '../../../plugins/lab/runs/folders.ts'
import { openingCell } from '../../../plugins/lab/runs/opening.ts'
import { labelOf } from '../../../plugins/lab/runs/titles.ts'

describe('short texts', () => {
  it('are numbers as people read them', () => {
    expect([0, 999, 1000, 123_456, 1.5e9, 99.6e3].map(bytes)).toEqual([
      '0 B',
      '999 B',
      '1.0 kB',
      '123 kB',
      '1.5 GB',
      '100 kB',
    ])
    expect([0, 42, 60, 200, 7500].map(duration)).toEqual(['0 s', '42 s', '1 min', '3 min 20 s', '2 h 05 min'])
    expect([0, 0.12345, 1234.5, 1e-7, Number.NaN].map(short)).toEqual(['0', '0.123', '1230', '1.00e-7', '–'])
    expect(share({ done: 5, total: 4 })).toBe(1)
    expect(share({ done: 5, total: 0 })).toBeUndefined()
  })

  it('are one line, whatever somebody wrote', () => {
    expect(oneLine('a\n\u202eb\u0000  c')).toBe('a b c')
    const long = oneLine('x'.repeat(1_000_000), 50)
    expect(long).toHaveLength(50)
    expect(long.endsWith('…')).toBe(true)
  })

  it('name a job by its settings', () => {
    expect(nameOf({ name: 'count' })).toBe('count')
    expect(nameOf({ skill: { name: 'space' } })).toBe('space')
    expect(nameOf({ prompts: [{ text: 'three red squares' }], model: 'shapes' })).toBe('three red squares')
    expect(nameOf({ model: 'a/b/stable' })).toBe('stable')
    for (const other of [undefined, null, 'x', { name: 7 }]) expect(nameOf(other)).toBe('')
  })
})

it('a run is told from the same job in another folder', () => {
  const run = (path: string) => ({ path, id: 'train-1', stage: 'train', name: 'count' }) as Run
  expect(labelOf(run('a/.selma/jobs/train-1'))).toBe('train: count (a/.selma/jobs/train-1)')
  expect(labelOf(run('a/.selma/jobs/train-1'))).not.toBe(labelOf(run('b/.selma/jobs/train-1')))
})

describe('folders of jobs', () => {
  it('are beside what is open, and below the root', () => {
    expect(jobFolders('.selma/jobs', ['a/b', undefined, '', 'a/b'])).toEqual([
      'a/b/.selma/jobs',
      '.selma/jobs',
    ])
    expect(jobFolders('/data/jobs/', ['a'])).toEqual(['data/jobs'])
    expect(normal('../../etc/./x//')).toBe('etc/x')
    expect(folderOf('a/b/c.ipynb')).toBe('a/b')
    expect(folderOf('RTC:a/b.ipynb')).toBeUndefined()
    expect([isHidden('a/.selma/jobs'), isHidden('selma/jobs')]).toEqual([true, false])
  })
})

describe('a cell that opens a job', () => {
  it('is code, whatever the folder is called', () => {
    const path = `it's "mine"\\/\${x}/train-0`
    const text = openingCell({ stage: 'images', state: 'finished' }, path)
    const [, literal] = /openJob\((.*)\)/.exec(text)!
    expect(runInNewContext(literal)).toBe(path)
    expect(text).toContain('job.result()')
    expect(openingCell({ stage: 'images', state: 'stopped' }, 'x')).toContain('job.status()')
  })
})
