// Jupyter's folders, as jupyter_core 5 computes them.
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { searchedDataDirs, systemPrefix, userDataDir } from '../../../kernel/install/jupyter-paths.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const home = '/home/a'

describe('the data folder of the user', () => {
  it.each([
    ['linux', {}, '/home/a/.local/share/jupyter'],
    ['linux', { XDG_DATA_HOME: '/x' }, '/x/jupyter'],
    ['darwin', {}, '/home/a/Library/Jupyter'],
    ['win32', { APPDATA: 'C:\\Users\\a\\AppData\\Roaming' }, 'C:\\Users\\a\\AppData\\Roaming\\jupyter'],
    ['win32', { JUPYTER_CONFIG_DIR: 'C:\\j' }, 'C:\\j\\data'],
    ['darwin', { JUPYTER_DATA_DIR: '/own' }, '/own'],
  ] as const)('on %s with %o is %s', (platform, env, expected) => {
    expect(userDataDir({ platform, env, home })).toBe(expected)
  })
})

describe('the folders that are searched', () => {
  it('are those of JUPYTER_PATH, the user, the environments and the system', () => {
    const env = { JUPYTER_PATH: '/p1:/p2' }
    expect(searchedDataDirs(['/venv'], { platform: 'linux', env, home })).toEqual([
      '/p1',
      '/p2',
      '/home/a/.local/share/jupyter',
      '/venv/share/jupyter',
      '/usr/local/share/jupyter',
      '/usr/share/jupyter',
    ])
  })
})

describe('--sys-prefix', () => {
  it('is the active environment', async () => {
    const folder = await temporaryFolder()
    expect(systemPrefix({ VIRTUAL_ENV: folder })).toBe(folder)
    expect(systemPrefix({ CONDA_PREFIX: folder })).toBe(folder)
  })

  it('is refused where there is no Python', async () => {
    const empty = join(await temporaryFolder(), 'empty')
    expect(() => systemPrefix({ PATH: empty })).toThrow('no Python environment')
  })
})
