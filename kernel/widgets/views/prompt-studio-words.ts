// How a prompt studio calls reasons where there is only text; its page has words of its own.
import type { CandidateReason, PromptStudioState } from '../../../lib/messages/views/prompt-studio.ts'

const words: Record<CandidateReason, string> = {
  unreadable: 'no prompt',
  'too-long': 'too long',
  'near-duplicate': 'too similar',
  'test-prompt': 'a test prompt',
  refused: 'outside the grammar',
  surplus: 'more than asked for',
}

/** `12 too similar, 3 too long`; empty for none. */
export function reasonsInWords(rejected: PromptStudioState['counts']['rejected']): string {
  return Object.entries(rejected)
    .map(([reason, count]) => `${count} ${words[reason as CandidateReason]}`)
    .join(', ')
}
