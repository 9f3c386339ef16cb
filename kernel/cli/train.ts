// `selma train`: one LoRA expert on a folder of pictures.
import { type Command, Option } from 'commander'
import { forceOption, freshOption, listOf, number, texts, whole } from './options.ts'
import { performs } from './perform.ts'

interface Options {
  model: string
  data: string[]
  out: string
  validation?: string
  name?: string
  fresh?: boolean
  force?: boolean
  /** The rest are `TrainOptions` by their own names. */
  [setting: string]: unknown
}

export function trainCommand(program: Command): void {
  const command = program
    .command('train')
    .summary('stage 3: train a LoRA expert')
    .description(
      'Trains one LoRA on an imagefolder (pictures and metadata.jsonl), or on several mixed.\n' +
        'Writes it as diffusers has it: pytorch_lora_weights.safetensors. Stopped, it goes on from where it was.',
    )
    .requiredOption('--model <name or folder>', 'shapes, shapes-weak, or a diffusers pipeline folder')
    .requiredOption('--data <folders...>', 'imagefolders to train on, mixed if several')
    .requiredOption('--out <folder>', 'where the LoRA goes')
    .option('--validation <folder>', 'imagefolder for the validation loss')
    .option('--name <name>', "the expert's name in tables (default: the last part of --out)")
    .option('--rank <r>', 'rank of every factor pair (paper: 128)', whole(1), 16)
    .option('--alpha <a>', 'scale is alpha / rank (default: the rank)', number({ low: 0, open: true }))
    .option(
      '--targets <names>',
      'layers, by the ends of their paths (default: to_q,to_k,to_v,to_out.0)',
      texts,
    )
    .option('--steps <n>', 'optimiser steps (paper: 5000)', whole(1), 300)
    .option('--batch <n>', 'pictures a step (paper: 64)', whole(1), 32)
    .option('--learning-rate <rate>', 'peak (paper: 3e-4)', number({ low: 0, open: true }), 1e-3)
    .addOption(
      new Option('--schedule <name>', 'of the learning rate (paper: constant)')
        .choices(['constant', 'linear', 'cosine'])
        .default('linear'),
    )
    .option('--warmup <n>', 'steps of linear warm-up', whole(0), 20)
    .option('--final-rate <share>', 'of the rate left at the end', number({ low: 0, high: 1 }), 0.1)
    .option('--weight-decay <x>', "AdamW's", number({ low: 0 }), 1e-2)
    .option('--betas <b1,b2>', "AdamW's", listOf(number({ low: 0, high: 1 })), [0.9, 0.999])
    .option('--eps <x>', "AdamW's", number({ low: 0, open: true }), 1e-8)
    .option('--max-grad-norm <x>', 'global-norm clipping', number({ low: 0, open: true }), 1)
    .option('--caption-dropout <share>', 'captions left out, for guidance', number({ low: 0, high: 1 }), 0.1)
    .option('--timestep-shift <x>', 'above 1, noisier training timesteps', number({ low: 0, open: true }), 1)
    .option('--seed <seed>', 'decides initialisation, noise and order', whole(), 42)
    .option('--checkpoint-every <n>', 'steps between saved states', whole(1), 100)
    .option('--validate-every <n>', 'steps between validation losses', whole(1), 50)
    .addOption(freshOption())
    .addOption(forceOption())
  performs<Options>(
    command,
    [
      'selma train --model shapes --data pics --out expert',
      'selma train --model shapes --data pics --out expert --rank 8 --steps 500 --learning-rate 3e-4',
      'selma train --model shapes --data pics-color pics-count --out mixed',
    ],
    async (options, context) => (await import('./train-run.ts')).runTrain(options, context),
  )
}

export type { Options as TrainCommandOptions }
