// `selma merge`: several experts into one LoRA.
import { type Command, InvalidArgumentError, Option } from 'commander'
import { forceOption, number, texts, whole } from './options.ts'
import { performs } from './perform.ts'

interface Options {
  out: string
  method: string
  weights?: number[] | 'average' | 'released'
  ids?: string[]
  density?: number
  majoritySign?: 'total' | 'frequency'
  rank?: number
  seed: number
  name?: string
  format: 'diffusers' | 'peft' | 'kohya'
  dtype: 'F32' | 'F16' | 'BF16'
  force?: boolean
}

function weights(text: string): number[] | 'average' | 'released' {
  if (text === 'average' || text === 'released') return text
  const values = text.split(',').map(Number)
  if (values.every(Number.isFinite) && !/,,|^,|,$|^\s*$/.test(text)) return values
  throw new InvalidArgumentError('Give one number an expert with commas between them, average, or released.')
}

export function mergeCommand(program: Command): void {
  const command = program
    .command('merge')
    .summary('stage 4: merge experts into one LoRA')
    .description(
      'Merges LoRA folders or files (diffusers, PEFT or kohya) into one LoRA. Takes a moment, and is not a job.\n' +
        "'average' averages the products B·A, as the released code does; 'average-factors' averages A and B, the paper's formula.\n" +
        "Methods: average, weighted, average-factors, and peft's cat, svd, linear, ties, dare_linear, dare_ties,\n" +
        'magnitude_prune, ties_svd, dare_linear_svd, dare_ties_svd, magnitude_prune_svd.',
    )
    .argument('<experts...>', 'LoRA folders or files')
    .requiredOption('--out <folder>', 'where the merged LoRA goes')
    .option('--method <name>', 'how to merge', 'average')
    .option(
      '--weights <list>',
      'one number an expert, average, or released (default: average; 1 each for ties)',
      weights,
    )
    .option('--ids <names>', 'names of the experts, recorded (default: the last parts of their paths)', texts)
    .option(
      '--density <share>',
      'kept by pruning methods (default: 0.5)',
      number({ low: 0, high: 1, open: true }),
    )
    .addOption(
      new Option('--majority-sign <how>', 'how ties elects signs (default: total)').choices([
        'total',
        'frequency',
      ]),
    )
    .option('--rank <r>', 'of the result, where it can be chosen (default: exact)', whole(1))
    .option('--seed <seed>', "of DARE's masks", whole(), 0)
    .option('--name <name>', 'recorded in the file (default: the last part of --out)')
    .addOption(
      new Option('--format <name>', 'file format')
        .choices(['diffusers', 'peft', 'kohya'])
        .default('diffusers'),
    )
    .addOption(new Option('--dtype <name>', 'of the numbers').choices(['F32', 'F16', 'BF16']).default('F32'))
    .addOption(forceOption())
  performs<Options>(
    command,
    [
      'selma merge expert other --out merged',
      'selma merge color count spatial --method average-factors --out paper',
      'selma merge color count --weights 0.7,0.3 --rank 16 --format peft --out merged',
    ],
    async (options, _, experts) => (await import('./merge-run.ts')).runMerge(experts, options),
  )
}

export type { Options as MergeCommandOptions }
