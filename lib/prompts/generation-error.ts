// The error of a generation that could not reach its target, and what it says. What was accepted is
// never lost: the error carries the state to resume from.
import { SelmaError } from '../base/errors.ts'
import type { GenerationState } from './generation-state.ts'

/** A generation that ended early; `code` is `llm` or `stopped`. */
export class PromptGenerationError extends SelmaError {
  /** Pass it as `resumeFrom` to go on; `state.prompts` is what was accepted. */
  readonly state: GenerationState

  constructor(
    code: 'llm' | 'stopped',
    message: string,
    options: { hint?: string; cause?: unknown; state: GenerationState },
  ) {
    super(code, message, options)
    this.name = 'PromptGenerationError'
    this.state = options.state
  }
}

/** The model answers, but nothing of it is of use any more. Resuming tries as many rounds again. */
export function exhausted(state: GenerationState, n: number, rounds: number): PromptGenerationError {
  const rubbish = state.rejected.unreadable > state.candidates / 2 || state.candidates === 0
  const what = state.candidates === 0 ? 'its answers are empty' : 'nothing new came'
  return new PromptGenerationError(
    'llm',
    `the language model was asked ${rounds} times in a row and ${what}: ${progress(state, n)}`,
    {
      hint: rubbish
        ? 'the answers are no lists of prompts: look at the rejected lines and try another model'
        : 'ask for fewer (n), widen the skill or its seeds, or raise threshold; error.state.prompts has the accepted',
      state: { ...state, emptyRounds: 0 },
    },
  )
}

/** The model failed or the signal stopped it; `state` is that before the interrupted round. */
export function interrupted(
  error: unknown,
  state: GenerationState,
  n: number,
  signal?: AbortSignal,
): PromptGenerationError {
  const known = error instanceof SelmaError ? error : undefined
  const hint = 'pass error.state as resumeFrom to go on'
  if (signal?.aborted || known?.code === 'stopped') {
    return new PromptGenerationError('stopped', `stopped: ${progress(state, n)}`, {
      hint,
      cause: error,
      state,
    })
  }
  return new PromptGenerationError('llm', `${(error as Error)?.message ?? error}; ${progress(state, n)}`, {
    hint: known?.hint ? `${known.hint}; ${hint}` : hint,
    cause: error,
    state,
  })
}

function progress(state: GenerationState, n: number): string {
  const counts = Object.entries(state.rejected).filter(([, count]) => count > 0)
  const reasons = counts.map(([reason, count]) => `${count} ${reason}`).join(', ')
  return `accepted ${state.prompts.length} of ${n} asked (rejected: ${reasons || 'none'})`
}
