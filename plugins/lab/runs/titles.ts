// What a run is called, in lists and dialogs. Not words of a language.
import type { Run } from '../jobs/run.ts'

export const titleOf = ({ stage, name }: Run): string => (name ? `${stage}: ${name}` : stage)

/** Names one run among all: a job of the same settings may lie in several folders. */
export const labelOf = (run: Run): string => `${titleOf(run)} (${run.path})`
