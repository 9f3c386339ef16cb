// `selma evaluate`: how faithful a model's pictures are to its prompts.
import { type Command, Option } from 'commander'
import type { WeightDtype } from '../../lib/index.ts'
import { addDrawOptions, type DrawOptionValues } from './draw-options.ts'
import {
  collect,
  deviceOption,
  dtypeOption,
  forceOption,
  freshOption,
  guidanceOption,
  type LoraArgument,
  listOf,
  lora,
  number,
  rescaleOption,
  texts,
  whole,
} from './options.ts'
import { performs } from './perform.ts'

interface Options extends DrawOptionValues {
  model: string
  lora?: LoraArgument[]
  prompts?: string
  suite?: string
  split: 'validation' | 'test'
  perSkill: number
  skills?: string[]
  suiteSeed: number
  name?: string
  seeds: number[]
  guidance: number
  rescale: number
  steps: number
  judgeError: number
  judgeSeed: number
  out?: string
  device?: string
  dtype?: WeightDtype
  fresh?: boolean
  force?: boolean
}

export function evaluateCommand(program: Command): void {
  const command = program
    .command('evaluate')
    .summary('score a model, with or without LoRAs')
    .description(
      'Draws every prompt with every seed and has the pictures judged: DSG and strict accuracy, with 95 % intervals.\n' +
        'The judge is the scene reader of the embedded world. Prompts of --prompts become questions by its grammar.',
    )
    .requiredOption(
      '--model <name or folder>',
      'shapes, shapes-weak, a diffusers pipeline folder, or org/name on the Hub',
    )
    .option('--lora <path[=weight]>', 'a LoRA on the model (repeatable)', collect(lora))
    .addOption(new Option('--prompts <file>', 'JSONL, one {"text": …} a line').conflicts('suite'))
    .option('--suite <shapes or file>', 'the embedded suite, or a DSG file (.csv) (default: shapes)')
    .addOption(
      new Option('--split <name>', 'scenes of the suite shapes')
        .choices(['validation', 'test'])
        .default('test'),
    )
    .option('--per-skill <n>', 'its prompts of each skill', whole(1), 40)
    .option('--skills <names>', 'its skills (default: color,count,spatial,size,background,paragraph)', texts)
    .option('--suite-seed <seed>', 'which scenes', whole(), 0)
    .option('--name <name>', "the model's name in rows and tables (default: model + LoRAs)")
    .option('--seeds <list>', 'sampling seeds; every prompt is drawn with each', listOf(whole()), [0])
    .addOption(guidanceOption())
    .addOption(rescaleOption())
    .option('--steps <n>', 'sampling steps', whole(1), 20)
    .option(
      '--judge-error <share>',
      "share of the judge's answers made wrong",
      number({ low: 0, high: 0.5 }),
      0,
    )
    .option('--judge-seed <seed>', 'which answers those are', whole(), 0)
    .option('--out <folder>', 'keep scores.json, rows and pictures there')
  addDrawOptions(command)
    .addOption(deviceOption())
    .addOption(dtypeOption())
    .addOption(freshOption())
    .addOption(forceOption())
  performs<Options>(
    command,
    [
      'selma evaluate --model shapes --lora merged --prompts q.jsonl --json',
      'selma evaluate --model shapes --suite shapes --seeds 0,1 --guidance 5 --steps 20',
      'selma evaluate --model shapes --lora color=0.5 --lora count=0.5 --suite questions.csv --out scores',
    ],
    async (options, context) => (await import('./evaluate-run.ts')).runEvaluate(options, context),
  )
}

export type { Options as EvaluateCommandOptions }
