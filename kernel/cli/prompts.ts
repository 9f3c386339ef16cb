// `selma prompts`: prompts that teach a skill, into a JSONL file.
import type { Command } from 'commander'
import { collect, forceOption, freshOption, number, whole } from './options.ts'
import { performs } from './perform.ts'

interface Options {
  skill: string
  n: number
  out: string
  seed: number
  threshold: number
  exclude?: string[]
  llm?: string
  baseUrl?: string
  shapesOnly?: boolean
  fresh?: boolean
  force?: boolean
}

export function promptsCommand(program: Command): void {
  const command = program
    .command('prompts')
    .summary('stage 1: write prompts that teach a skill')
    .description(
      'Writes prompts that teach a skill, diverse by ROUGE-L, into a JSONL file: one {"text": …} a line.\n' +
        'Without --llm the offline writer of the embedded world writes them; it is no language model.',
    )
    .requiredOption(
      '--skill <name or file>',
      'a skill that comes with selma (color, count, spatial, size, background, paragraph; with --llm also coco, localized-narratives, diffusiondb, countbench, whoops), or a JSON file {"name", "teaches", "seeds", "rules"?, "maxWords"?}',
    )
    .requiredOption('--out <file>', 'where the prompts go, e.g. prompts.jsonl')
    .option('--n <count>', 'prompts to accept', whole(1), 1000)
    .option('--seed <seed>', 'decides everything random', whole(), 42)
    .option('--threshold <share>', 'highest ROUGE-L to any accepted prompt', number({ low: 0, high: 1 }), 0.8)
    .option('--exclude <file>', 'JSONL of prompts that must not be written (repeatable)', collect(String))
    .option(
      '--llm <model>',
      'an OpenAI-compatible model, e.g. gpt-4o-mini; the key comes from OPENAI_API_KEY',
    )
    .option('--base-url <url>', 'its server (default: OPENAI_BASE_URL, else OpenAI)')
    .option('--shapes-only', 'accept only captions of training scenes (default: without --llm)')
    .option('--no-shapes-only', 'accept other captions too')
    .addOption(freshOption())
    .addOption(forceOption())
  performs<Options>(
    command,
    [
      'selma prompts --skill count --n 50 --out p.jsonl',
      'selma prompts --skill countbench --n 1000 --llm gpt-4o-mini --out counting.jsonl',
      'selma prompts --skill my-skill.json --llm my-model --base-url http://localhost:8000/v1 --out mine.jsonl',
    ],
    async (options, context) => (await import('./prompts-run.ts')).runPrompts(options, context),
  )
}

export type { Options as PromptsOptions }
