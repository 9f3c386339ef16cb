// `selma images`: pictures for prompts, as an imagefolder.
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
  lora,
  number,
  rescaleOption,
  whole,
} from './options.ts'
import { performs } from './perform.ts'

interface Options extends DrawOptionValues {
  model: string
  prompts?: string
  prompt?: string[]
  out?: string
  noise?: string
  latentsOut?: string
  lora?: LoraArgument[]
  steps: number
  guidance: number
  rescale: number
  seed: number
  perPrompt: number
  chooseOf?: number
  chooseLeast: number
  judgeError: number
  judgeSeed: number
  device?: string
  dtype?: WeightDtype
  fresh?: boolean
  force?: boolean
}

export function imagesCommand(program: Command): void {
  const command = program
    .command('images')
    .summary('stage 2: draw the prompts')
    .description(
      'Draws every prompt of a JSONL file, and writes an imagefolder: pictures and metadata.jsonl.\n' +
        'The prompts may be written by hand, one {"text": …} a line.',
    )
    .requiredOption(
      '--model <name or folder>',
      'shapes, shapes-weak, a diffusers pipeline folder, or org/name on the Hub',
    )
    .addOption(new Option('--prompts <file>', 'JSONL, one {"text": …} a line').conflicts('prompt'))
    .option('--prompt <texts...>', 'prompts themselves, in place of a file')
    .option('--out <folder>', 'where the pictures go')
    .addOption(
      new Option(
        '--latents-out <file>',
        'write the final latents (safetensors) instead of pictures',
      ).conflicts(['out', 'perPrompt', 'chooseOf', 'chooseLeast', 'judgeError', 'judgeSeed']),
    )
    .option('--noise <file>', 'initial noise [n, C, H, W] as `latents` (safetensors), with --latents-out')
    .option('--lora <path[=weight]>', 'a LoRA on the model (repeatable)', collect(lora))
    .option('--steps <n>', 'sampling steps', whole(1), 50)
    .addOption(guidanceOption())
    .addOption(rescaleOption())
    .option('--seed <seed>', "every picture's noise follows from it", whole(), 42)
    .option('--per-prompt <n>', 'pictures of each prompt', whole(1), 1)
    .option('--choose-of <n>', 'draw up to so many and keep the one the embedded judge likes best', whole(2))
    .option(
      '--choose-least <share>',
      'share of right answers that the best must reach, or its prompt is left out',
      number({ low: 0, high: 1 }),
      0,
    )
    .option(
      '--judge-error <share>',
      "share of that judge's answers that are wrong",
      number({ low: 0, high: 0.5 }),
      0,
    )
    .option('--judge-seed <seed>', 'which answers those are', whole(), 1)
  addDrawOptions(command)
    .addOption(deviceOption())
    .addOption(dtypeOption())
    .addOption(freshOption())
    .addOption(forceOption())
  performs<Options>(
    command,
    [
      'selma images --model shapes --prompts p.jsonl --out pics',
      'selma images --model shapes --prompts p.jsonl --out best --choose-of 4 --judge-error 0.1 --steps 20',
      'selma images --model shapes --prompt "a red ring" --noise noise.safetensors --scheduler ddim --steps 10 --latents-out latents.safetensors',
      'selma images --model stable-diffusion --prompt "a lighthouse" --width 768 --height 512 --scheduler ddim --eta 1 --out pics',
      'selma images --model shapes --lora expert=0.8 --prompts p.jsonl --out drawn-by-expert',
    ],
    async (options, context) => (await import('./images-run.ts')).runImages(options, context),
  )
}

export type { Options as ImagesOptions }
