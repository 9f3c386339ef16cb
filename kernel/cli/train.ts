// `selma train`: one LoRA expert on a folder of pictures.
import { type Command, Option } from 'commander'
import type { WeightDtype } from '../../lib/index.ts'
import {
  deviceOption,
  dtypeOption,
  forceOption,
  freshOption,
  listOf,
  number,
  pair,
  sizes,
  texts,
  whole,
  yesOrNo,
} from './options.ts'
import { performs } from './perform.ts'

interface Options {
  model: string
  data?: string[]
  out: string
  record?: string
  replay?: string
  validation?: string
  name?: string
  device?: string
  dtype?: WeightDtype
  fresh?: boolean
  force?: boolean
  /** The rest are `TrainOptions` by their own names. */
  [setting: string]: unknown
}

const above = (low: number, high?: number) => number({ low, open: true, ...(high ? { high } : {}) })

/** `pattern=number`, several times. */
const patterns =
  (one: (text: string) => number) =>
  (text: string, before: Record<string, number> = {}): Record<string, number> => {
    const [pattern, value] = pair(text)
    return { ...before, [pattern]: one(value) }
  }

/** Switches of PEFT, of diffusers' training scripts and of the optimisers' packages; all are off by default. */
function addSwitches(command: Command): void {
  command
    .option(
      '--rank-pattern <pattern=r>',
      'rank of the layers whose path ends so (repeatable)',
      patterns(whole(1)),
    )
    .option('--alpha-pattern <pattern=a>', 'alpha of those (repeatable)', patterns(above(0)))
    .option('--use-rslora', 'scale is alpha / √rank')
    .option('--use-dora', 'weight-decomposed LoRA')
    .option(
      '--lora-dropout <share>',
      "of a layer's input that its factors do not see",
      number({ low: 0, high: 0.999 }),
    )
    .option('--train-text-encoder', "a LoRA of the text encoder, too (Stable Diffusion XL's: of both)")
    .option('--text-encoder-targets <names>', 'its layers (default: q_proj,k_proj,v_proj,out_proj)', texts)
    .option('--gradient-accumulation-steps <n>', 'parts of --batch pictures that make a step', whole(1))
    .option('--gradient-checkpointing', 'compute blocks again in the backward pass: less memory')
    .addOption(
      new Option('--memory <mode>', '(default: balanced; of small models, all that is fastest)').choices([
        'fast',
        'balanced',
        'low',
      ]),
    )
    .addOption(new Option('--optimizer <name>', '(default: adamw)').choices(['adamw', 'lion', 'prodigy']))
    .option('--prodigy-beta3 <x>', 'decay of its estimate (default: √β₂)', number({ low: 0, high: 0.999999 }))
    .option('--prodigy-decouple <yes|no>', "its weight decay as AdamW's (default: yes)", yesOrNo)
    .option('--prodigy-use-bias-correction', "Adam's")
    .option('--prodigy-safeguard-warmup', 'keeps warm-up out of its estimate')
    .option('--prodigy-d0 <x>', 'its first estimate (default: 1e-6)', above(0))
    .option('--prodigy-d-coef <x>', 'factor on its estimate (default: 1)', above(0))
    .option('--use-ema', 'the expert is the moving average of the weights')
    .option(
      '--ema-decay <x>',
      'what its decay ends with (default: 0.9999)',
      number({ low: 0, high: 0.999999 }),
    )
    .addOption(new Option('--loss-type <name>', '(default: l2)').choices(['l2', 'huber', 'smooth_l1']))
    .option('--huber-c <x>', 'where Huber losses turn straight (default: 0.1)', above(0))
    .addOption(
      new Option('--huber-schedule <name>', 'over timesteps (default: snr)').choices([
        'constant',
        'exponential',
        'snr',
      ]),
    )
    .option('--snr-gamma <x>', 'min-SNR loss weights; 5 is recommended', above(0))
    .option('--noise-offset <x>', 'one normal number a channel, times this, in the noise', above(0))
    .addOption(
      new Option('--prediction-type <name>', "(default: the model's own)").choices([
        'epsilon',
        'v_prediction',
      ]),
    )
    .option('--random-flip', 'mirror half the pictures; never where the caption says left or right')
    .option('--aspect-ratio-buckets <sizes>', 'height,width;height,width… in pixels', sizes)
    .option('--early-stopping-patience <n>', 'validation losses without a better one', whole(1))
    .option('--early-stopping-threshold <x>', 'by how much one is better (default: 0)', number({ low: 0 }))
}

export function trainCommand(program: Command): void {
  const command = program
    .command('train')
    .summary('stage 3: train a LoRA expert')
    .description(
      'Trains one LoRA on an imagefolder (pictures and metadata.jsonl), or on several mixed.\n' +
        'Writes it as diffusers has it: pytorch_lora_weights.safetensors. Stopped, it goes on from where it was.',
    )
    .requiredOption(
      '--model <name or folder>',
      'shapes, shapes-weak, a diffusers pipeline folder, or org/name on the Hub',
    )
    .option('--data <folders...>', 'imagefolders to train on, mixed if several')
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
    .option(
      '--learning-rate <rate>',
      'peak (default: adamw 1e-3, lion 1e-4, prodigy 1; paper: 3e-4)',
      number({ low: 0, open: true }),
    )
    .addOption(
      new Option('--schedule <name>', 'of the learning rate (paper: constant)')
        .choices(['constant', 'linear', 'cosine'])
        .default('linear'),
    )
    .option('--warmup <n>', 'steps of linear warm-up', whole(0), 20)
    .option('--final-rate <share>', 'of the rate left at the end', number({ low: 0, high: 1 }), 0.1)
    .option('--weight-decay <x>', '(default: adamw 1e-2, others 0)', number({ low: 0 }))
    .option('--betas <b1,b2>', '(default: 0.9,0.999; lion 0.9,0.99)', listOf(number({ low: 0, high: 1 })))
    .option('--eps <x>', "adamw's and prodigy's", number({ low: 0, open: true }), 1e-8)
    .option('--max-grad-norm <x>', 'global-norm clipping', number({ low: 0, open: true }), 1)
    .option('--caption-dropout <share>', 'captions left out, for guidance', number({ low: 0, high: 1 }), 0.1)
    .option('--timestep-shift <x>', 'above 1, noisier training timesteps', number({ low: 0, open: true }), 1)
    .option('--seed <seed>', 'decides initialisation, noise and order', whole(), 42)
    .option('--checkpoint-every <n>', 'steps between saved states', whole(1), 100)
    .option('--validate-every <n>', 'steps between validation losses', whole(1), 50)
    .option('--record <file>', 'keep what the run is fed (safetensors, and recording.json beside it)')
    .option(
      '--replay <file>',
      'train as recorded there, and write --out as a PEFT folder; other settings are ignored',
    )
  addSwitches(command)
  command.addOption(deviceOption()).addOption(dtypeOption()).addOption(freshOption()).addOption(forceOption())
  performs<Options>(
    command,
    [
      'selma train --model shapes --data pics --out expert',
      'selma train --model shapes --data pics --out expert --rank 8 --steps 500 --learning-rate 3e-4',
      'selma train --model shapes --data pics-color pics-count --out mixed',
      'selma train --model shapes --data pics --out expert --optimizer prodigy --snr-gamma 5 --use-ema',
      'selma train --model stable-diffusion-v1-5 --replay run/recording.safetensors --out replayed --json',
    ],
    async (options, context) => (await import('./train-run.ts')).runTrain(options, context),
  )
}

export type { Options as TrainCommandOptions }
