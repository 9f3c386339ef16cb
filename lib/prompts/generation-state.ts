// Where a generation stands between two rounds: plain JSON, enough to go on exactly as if it had never
// stopped. Not the pool itself, which is rebuilt from it.
import { fail } from '../base/errors.ts'
import { sha256 } from '../base/files.ts'
import type { PromptRecord } from '../data/prompt-file.ts'
import { type RejectReason, rejectReasons } from './judge.ts'

/** JSON-serialisable state of a generation after some whole rounds. */
export interface GenerationState {
  version: 1
  /** Hash of everything that decides the prompts, `n` and the `accept` check aside. */
  key: string
  /** What was accepted so far, in order; without the seeds. */
  prompts: PromptRecord[]
  /** Requests answered so far; the next request has this number. */
  requests: number
  /** Rounds in a row, up to now, that brought nothing. */
  emptyRounds: number
  /** Prompts that were written: accepted, rejected and surplus. */
  candidates: number
  rejected: Record<RejectReason, number>
  /** Prompts left unread because the target was reached. */
  surplus: number
  tokens: { prompt: number; completion: number }
}

/** Everything that decides which prompts come out. */
export interface GenerationKey {
  skill: unknown
  llm: { name: string; kind: string }
  seed: number
  threshold: number
  exclude: readonly string[]
  excludeThreshold: number
  perRequest: number
  temperature: number
  topP: number
  maxWords: number
  concurrency: number
}

/** Hash of the settings, in a fixed order of fields. */
export function generationKey(settings: GenerationKey): string {
  const { skill, llm, seed, threshold, exclude, excludeThreshold } = settings
  const { perRequest, temperature, topP, maxWords, concurrency } = settings
  return sha256(
    JSON.stringify([
      skill,
      [llm.name, llm.kind],
      [seed, threshold, exclude, excludeThreshold, perRequest, temperature, topP, maxWords, concurrency],
    ]),
  )
}

/** A generation that has not begun. */
export function freshState(key: string): GenerationState {
  return {
    version: 1,
    key,
    prompts: [],
    requests: 0,
    emptyRounds: 0,
    candidates: 0,
    rejected: noRejections(),
    surplus: 0,
    tokens: { prompt: 0, completion: 0 },
  }
}

/** A copy that later rounds do not change. */
export function copyState(state: GenerationState): GenerationState {
  return {
    ...state,
    prompts: [...state.prompts],
    rejected: { ...state.rejected },
    tokens: { ...state.tokens },
  }
}

/**
 * Checks a state that came from a file.
 *
 * @throws SelmaError `bad-input` for something else, `mismatch` for a state of other settings
 */
export function checkedState(value: unknown, key: string): GenerationState {
  const state = value as GenerationState
  const numbers = [state?.requests, state?.emptyRounds, state?.candidates, state?.surplus]
  const sound =
    state?.version === 1 &&
    Array.isArray(state.prompts) &&
    state.prompts.every((record) => typeof record?.text === 'string') &&
    numbers.every((count) => Number.isInteger(count) && count >= 0) &&
    rejectReasons.every((reason) => Number.isInteger(state.rejected?.[reason])) &&
    Number.isFinite(state.tokens?.prompt) &&
    Number.isFinite(state.tokens?.completion)
  if (!sound) {
    fail(
      'bad-input',
      'resumeFrom is not the state of a generation',
      'pass the state of a `round` event or error',
    )
  }
  if (state.key !== key) {
    fail(
      'mismatch',
      'resumeFrom belongs to a generation with other settings',
      'resume with the same skill, model, seed, thresholds, exclude list and request settings; only n may differ',
    )
  }
  return copyState(state)
}

/** Zero for every reason. */
export function noRejections(): Record<RejectReason, number> {
  return { unreadable: 0, 'too-long': 0, 'near-duplicate': 0, 'test-prompt': 0, refused: 0 }
}
