// What the merge mixer keeps: experts on the disk, pictures in memory.
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { PictureCache } from '../../../../kernel/widgets/views/merge-mixer-cache.ts'
import { Expert } from '../../../../lib/index.ts'
import { openPage, say } from '../page.ts'
import { custom, home, mixer, one, state } from './merge-mixer-support.ts'

describe('the merge mixer', () => {
  it('saves a new expert, and nothing over another unless it is told to', async () => {
    const page = openPage()
    const view = mixer({ weights: [0.3, 0.7] })
    const path = join(home, 'saved', 'mine')
    const answers = async (content: object) => {
      page.news()
      say(view, custom({ kind: 'save', name: 'mine', overwrite: false, ...content }))
      return vi.waitFor(() => {
        const found = page.sent.find(({ data }) => ['saved', 'exists', 'error'].includes(data.content?.kind))
        expect(found).toBeDefined()
        return found!.data.content
      })
    }
    expect(await answers({ folder: path })).toMatchObject({ kind: 'saved', folder: path })
    const saved = await Expert.load(path)
    expect(saved.name).toBe('mine')
    expect((await saved.load()).layers).toEqual((await (await view.expert).load()).layers)
    expect(state(view).saved).toBe(path)
    view.mix({ weights: [0.6, 0.4] })
    const file = join(path, 'pytorch_lora_weights.safetensors')
    const before = await readFile(file)
    expect(await answers({ folder: path })).toMatchObject({ kind: 'exists' })
    await expect(view.save(path)).rejects.toThrow(/has an expert in it/)
    expect(await readFile(file)).toEqual(before)
    expect(await answers({ folder: path, overwrite: true })).toMatchObject({ kind: 'saved' })
    expect(await readFile(file)).not.toEqual(before)
    expect(await readdir(path)).toEqual(['pytorch_lora_weights.safetensors'])
    // Never over what is being mixed, beside other weights, or where a file is.
    const again = mixer({}, [saved, one])
    await expect(again.save(path, { overwrite: true })).rejects.toThrow(/one of the experts/)
    const strange = join(home, 'strange')
    await mkdir(strange)
    await writeFile(join(strange, 'adapter_model.safetensors'), '')
    await expect(view.save(strange, { overwrite: true })).rejects.toThrow(/other weights/)
    await expect(view.save(join(strange, 'adapter_model.safetensors'))).rejects.toThrow(/file/)
    expect((await stat(join(strange, 'adapter_model.safetensors'))).size).toBe(0)
  })

  it('drops the longest unused pictures when there are too many', () => {
    const cache = new PictureCache(25)
    for (const name of ['a', 'b']) cache.open(name).push(new Uint8Array(10))
    cache.open('a')
    cache.open('c').push(new Uint8Array(10))
    cache.open('c')
    expect(['a', 'b', 'c'].map((name) => cache.get(name)?.length)).toEqual([1, undefined, 1])
    cache.open('d').push(new Uint8Array(90))
    cache.open('d')
    expect(['a', 'c', 'd'].map((name) => cache.get(name)?.length)).toEqual([undefined, undefined, 1])
  })
})
