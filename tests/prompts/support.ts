// Language models that really complete, deterministically, for tests: no network, no canned transcript.
import type { CompletionRequest, LanguageModel } from '../../lib/base/completion.ts'
import { Random } from '../../lib/base/random.ts'

const things = 'lamp kite boat teapot clock ladder piano drum candle basket violin rocket'.split(' ')
const places = 'attic harbor desert forest kitchen station museum valley rooftop cellar'.split(' ')
const verbs = 'rests floats leans glows spins waits tips hides burns melts'.split(' ')
const looks = 'rusty velvet golden cracked striped tiny glass paper wooden frozen'.split(' ')

/** A writer whose answer depends on the request's seed only. */
export function wordsmith(options: { repeat?: number; asked?: CompletionRequest[] } = {}): LanguageModel {
  return {
    name: 'wordsmith',
    kind: 'llm',
    async complete(request) {
      options.asked?.push(request)
      const random = new Random(request.seed)
      const lines = Array.from({ length: 20 }, (_, index) => {
        if (random.chance(options.repeat ?? 0.2)) return `${index + 4}. a lamp rests in the attic`
        const thing = `${random.pick(looks)} ${random.pick(things)}`
        return `${index + 4}. ${thing} ${random.pick(verbs)} near ${random.pick(looks)} ${random.pick(things)} ${random.pick(places)}`
      })
      return { text: lines.join('\n'), promptTokens: request.prompt.length >> 2, completionTokens: 20 * 8 }
    },
  }
}

/** A writer that gives these answers, one after the other, and the last one for ever. */
export function answering(...answers: string[]): LanguageModel {
  let at = 0
  return {
    name: 'answering',
    kind: 'llm',
    async complete() {
      const text = answers[Math.min(at++, answers.length - 1)]
      return { text, promptTokens: 10, completionTokens: 5 }
    },
  }
}
