// Worker threads of this package's modules, from its TypeScript sources and from what is built of them.
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import { ownModule } from '../../lib/base/own-file.ts'

/** MB of a thread's young generation. */
const YOUNG_MB = 12

/**
 * Starts a module in a worker thread.
 *
 * @param source of the module, relative to the one that asks, as for `ownModule`
 * @param workerData what the thread is given
 * @param env is added to the environment
 */
export function startThread(
  source: string,
  asking: string,
  workerData: unknown,
  env: Record<string, string> = {},
): Worker {
  const settings = {
    workerData,
    execArgv: [],
    env: { ...process.env, ...env },
    // The space for what is thrown away soon; left alone it takes three times 16 MB of every thread.
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
  }
  const path = ownModule(source, asking)
  // Node takes the types out by itself from version 22.18 on.
  const { typescript } = process.features as { typescript?: string | false }
  if (!path.endsWith('.ts') || typescript) return new Worker(path, settings)
  // A worker takes no `--import` of tsx: it has to be registered from inside.
  const [loader, module] = [import.meta.resolve('tsx/esm/api'), pathToFileURL(path).href].map((one) =>
    JSON.stringify(one),
  )
  const code = `import(${loader}).then((tsx) => { tsx.register(); return import(${module}) })`
  return new Worker(code, { ...settings, eval: true })
}
