// A prompt studio's work in a file of its own, so that it outlives the kernel: what was asked and written, what a person
// decided, the skill as it was described. Decisions are not kept, because they follow. Not the prompts for the next
// stage: those are what `save` writes.
import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { z } from 'zod'
import { fail } from '../../../lib/base/errors.ts'
import { writeJson } from '../../../lib/base/files.ts'
import { handKinds } from '../../../lib/messages/views/prompt-studio.ts'
import type { Skill } from '../../../lib/prompts/index.ts'
import type { Log, Round, RoundRules } from './prompt-studio-decisions.ts'

const count = z.int().nonnegative()

export const keptStudio = z.object({
  version: z.literal(1),
  kind: z.literal('selma-prompt-studio'),
  skill: z.object({
    name: z.string(),
    teaches: z.string(),
    seeds: z.array(z.string()),
    rules: z.array(z.string()),
    maxWords: z.int().positive(),
  }),
  n: z.int().positive(),
  threshold: z.number().min(0).max(1),
  emptyRounds: count,
  spent: z.object({ prompt: count, completion: count, costUSD: z.number().optional() }),
  /** Requests in their order; what held for their candidates, besides the threshold and what is always refused. */
  rounds: z.array(
    z.object({ seeds: z.array(z.string()), maxWords: z.int().positive(), n: z.int().positive() }),
  ),
  candidates: z.array(z.object({ text: z.string(), round: count, unreadable: z.string().optional() })),
  hands: z.array(z.object({ at: count, kind: z.enum(handKinds), text: z.string().optional(), from: count })),
})
export type KeptStudio = z.output<typeof keptStudio>

/** What a session has, as it is kept. */
export function keptOf(
  { skill, ...rest }: Pick<KeptStudio, 'n' | 'threshold' | 'emptyRounds' | 'spent'> & { skill: Skill },
  { rounds, candidates, hands }: Readonly<Log>,
): KeptStudio {
  const { name, teaches, seeds, rules, maxWords } = skill
  return {
    version: 1,
    kind: 'selma-prompt-studio',
    skill: { name, teaches, seeds: [...seeds], rules: [...rules], maxWords },
    ...rest,
    rounds: rounds.map(({ rules: held, n }) => ({ seeds: [...held.seeds], maxWords: held.maxWords, n })),
    candidates: [...candidates],
    hands: [...hands],
  }
}

/** Rounds with the rules that hold for all of them; those of the same seeds share theirs, and are judged together. */
export function roundsOf(kept: KeptStudio['rounds'], now: RoundRules): Round[] {
  const key = ({ seeds, maxWords }: Pick<RoundRules, 'seeds' | 'maxWords'>) =>
    JSON.stringify([seeds, maxWords])
  const known = new Map([[key(now), now]])
  return kept.map(({ n, ...held }) => {
    const rules = known.get(key(held)) ?? { ...now, ...held }
    known.set(key(held), rules)
    return { rules, n }
  })
}

/** Changes within this time are one writing, ms. */
const pause = 200

export class StudioFile {
  readonly path: string
  readonly #failed: (error: unknown) => void
  #timer: NodeJS.Timeout | undefined
  #latest: (() => KeptStudio) | undefined
  #writing: Promise<void> = Promise.resolve()

  /**
   * @param path from the notebook's folder; must end in .json
   * @param failed told when it cannot be written
   * @throws SelmaError `bad-input` for another ending
   */
  constructor(path: string, failed: (error: unknown) => void) {
    if (!path.endsWith('.json'))
      fail(
        'bad-input',
        `file is ${JSON.stringify(path)}`,
        'give a name that ends in .json: it keeps the work',
      )
    this.path = resolve(path)
    this.#failed = failed
  }

  /**
   * What was kept for a skill of that name; undefined when there is no file yet.
   *
   * @throws SelmaError `bad-file` for what no studio wrote, `mismatch` for another skill's
   */
  read(skill: string): KeptStudio | undefined {
    if (!existsSync(this.path)) return undefined
    const { path } = this
    let found: unknown
    try {
      found = JSON.parse(readFileSync(path, 'utf8'))
    } catch (error) {
      fail('bad-file', `${path} cannot be read: ${(error as Error).message}`, 'give another file', error)
    }
    const { data, error } = keptStudio.safeParse(found)
    if (!data)
      return fail(
        'bad-file',
        `${path} is not a prompt studio's work: ${error.issues[0].message}`,
        'give another file',
      )
    if (data.skill.name !== skill)
      fail(
        'mismatch',
        `${path} has the work on ${data.skill.name}, not on ${skill}`,
        'give each skill its own file',
      )
    const wrong =
      data.candidates.some(
        ({ round }, at, all) => round >= data.rounds.length || round < (all[at - 1]?.round ?? 0),
      ) || data.hands.some(({ at, from }) => at >= data.candidates.length || from > data.rounds.length)
    if (wrong) fail('bad-file', `${path} names candidates or requests that it has not`, 'give another file')
    return data
  }

  /** Writes, soon, what is then to be kept. */
  keep(latest: () => KeptStudio): void {
    this.#latest = latest
    this.#timer ??= setTimeout(() => void this.flush(), pause)
  }

  /** Writes what is still to be written. */
  flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const latest = this.#latest
    this.#latest = undefined
    if (latest) this.#writing = this.#writing.then(() => writeJson(this.path, latest())).catch(this.#failed)
    return this.#writing
  }
}
