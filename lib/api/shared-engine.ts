// The one engine of everything that a cell draws with; a process of its own, started when it is first needed.
import { Engine } from '../runtime/index.ts'

let engine: Engine | undefined

export function sharedEngine(): Engine {
  engine ??= new Engine()
  return engine
}
