// Who writes for a prompt studio: what the stages take, or any language model.
import { SelmaError } from '../../../lib/base/errors.ts'
import type { Writer } from '../../../lib/index.ts'
import { type LanguageModel, openai } from '../../../lib/prompts/index.ts'
import { refuseOutsideTraining } from '../../../lib/prompts/stage.ts'
import { offlineWriter } from '../../../lib/shapes/writer.ts'
import { brief } from './brief.ts'

export type StudioWriter = Writer | LanguageModel

const isModel = (writer: StudioWriter): writer is LanguageModel =>
  typeof writer === 'object' && 'complete' in writer

/** @throws SelmaError `bad-input` without a key for an API */
export function writerOf(writer: StudioWriter = 'offline', seed = 0): LanguageModel {
  if (isModel(writer)) return stoppable(writer)
  return writer === 'offline' ? offlineWriter({ seed }) : openai(writer.openai, { baseURL: writer.baseURL })
}

/** What the page calls it, before it is asked for anything (which may need a key). */
export function nameOfWriter(writer: StudioWriter = 'offline'): Pick<LanguageModel, 'name' | 'kind'> {
  const { name, kind } =
    isModel(writer) || writer === 'offline' ? writerOf(writer) : { name: writer.openai, kind: 'llm' as const }
  return { name: brief(name, 100), kind }
}

/** The embedded world's check, each text parsed once: moving a threshold asks again about all. */
export function refuseOutsideOnce(): (text: string) => string | undefined {
  const known = new Map<string, string | undefined>()
  return (text) => {
    if (!known.has(text)) known.set(text, refuseOutsideTraining(text))
    return known.get(text)
  }
}

/** A model that is given up when it is stopped, whether it looks at its signal or not. */
const stoppable = (model: LanguageModel): LanguageModel => ({
  name: model.name,
  kind: model.kind,
  complete: (request) =>
    new Promise((done, failed) => {
      const stop = () => failed(new SelmaError('stopped', `stopped asking ${model.name}`))
      request.signal?.addEventListener('abort', stop, { once: true })
      model
        .complete(request)
        .finally(() => request.signal?.removeEventListener('abort', stop))
        .then(done, failed)
    }),
})
