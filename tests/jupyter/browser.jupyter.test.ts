import { expect, it } from 'vitest'
import { describeLab } from './lab/lab.ts'

describeLab('JupyterLab in a browser', {}, (suite) => {
  it('starts the kernel from the launcher’s card and runs a cell', async () => {
    const { lab } = suite
    await lab.screenshot('launcher')
    const notebook = await lab.launch('SELMA (TypeScript)')
    const { outputs, text } = await notebook.runCell('const answer: number = 6 * 7\nanswer')
    expect(outputs).toHaveLength(1)
    expect(text).toBe('42')
    await lab.screenshot('first cell')
  })

  it('runs and restarts', async () => {
    const { lab } = suite
    const notebook = await lab.newNotebook()
    await notebook.runCell('const gone = 1')
    await notebook.restartKernel()
    expect((await notebook.runCell('gone')).outputs[0].output_type).toBe('error')
    await lab.screenshot('restart')
  })
})
