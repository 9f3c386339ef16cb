// A Hub with one small repository, an empty cache, and the options to download from one into the other.
import { join } from 'node:path'
import { expect } from 'vitest'
import { Random } from '../../lib/base/random.ts'
import type { DownloadOptions } from '../../lib/hub/index.ts'
import { HubServer } from './hub-server.ts'
import { temporaryFolder } from './temporary.ts'

export const repoName = 'lab/tiny'
export const secret = 'hf_right'

/** Bytes that look like nothing else. */
export function noise(seed: number, length: number): Uint8Array {
  const random = new Random(seed)
  return Uint8Array.from({ length }, () => random.int(0, 255))
}

export const weights = noise(1, 200_000)
export const weightsName = 'unet/diffusion_pytorch_model.safetensors'
export const content = {
  'model_index.json': '{"_class_name": "StableDiffusionPipeline"}\n',
  'unet/config.json': '{"sample_size": 8}',
  [weightsName]: weights,
  'unet/a name & more.json': '{}',
  'README.md': '# Tiny',
}

/** Starts everything; `waits` are the pauses that the library asked for, none of which is made. */
export async function hubSetup(extra: Partial<DownloadOptions> = {}) {
  const server = await HubServer.start()
  const repo = server.add(repoName, content)
  const cacheDir = await temporaryFolder()
  const waits: number[] = []
  const clock = {
    now: () => Date.UTC(2026, 0, 1),
    sleep: async (milliseconds: number) => void waits.push(milliseconds),
  }
  const options: DownloadOptions = {
    ...{ repo: repoName, endpoint: server.endpoint, cacheDir, env: {}, token: false, clock },
    files: [weightsName, 'model_index.json'],
    ...extra,
  }
  return { server, repo, cacheDir, waits, options, folder: join(cacheDir, 'models--lab--tiny'), clock }
}

/** The error that a promise must end with. */
export const failure = (
  promise: Promise<unknown>,
): Promise<Error & { code: string; hint: string; status?: number }> =>
  promise.then(
    () => expect.unreachable('it went through'),
    (error) => error,
  )
