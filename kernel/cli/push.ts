// `selma push`: an expert to the Hub.
import type { Command } from 'commander'
import { collect } from './options.ts'
import { performs } from './perform.ts'

interface Options {
  baseModel?: string
  license?: string
  licenseLink?: string
  summary?: string
  data?: string
  tag?: string[]
  scores?: string[]
  samples?: string[]
  public?: boolean
  revision?: string
  message?: string
}

export function pushCommand(program: Command): void {
  const command = program
    .command('push')
    .summary('upload an expert to the Hugging Face Hub')
    .description(
      'Uploads a LoRA in diffusers’ layout with a model card: base model, data, settings, scores, pictures.\n' +
        'Needs HF_TOKEN with write permission; a repository that is made is private.',
    )
    .argument('<expert>', 'LoRA folder or file')
    .argument('<repository>', 'organisation/name')
    .option('--base-model <name>', "on the Hub (default: what the LoRA's own notes say)")
    .option('--license <id>', "as the Hub spells it, e.g. apache-2.0, or 'other'")
    .option('--license-link <address>', 'where an unlisted license is')
    .option('--summary <text>', 'what it teaches')
    .option('--data <text>', 'what it was trained on')
    .option('--tag <name>', 'a further tag (repeatable)', collect(String))
    .option('--scores <folder>', 'an --out of selma evaluate (repeatable)', collect(String))
    .option(
      '--samples <folder>',
      'pictures for the card, an --out of selma images (repeatable)',
      collect(String),
    )
    .option('--public', 'a repository that is made is public')
    .option('--revision <branch>', 'made if there is none (default: main)')
    .option('--message <text>', 'title of the commit')
  performs<Options>(
    command,
    [
      'selma push expert me/count-lora --base-model stable-diffusion-v1-5/stable-diffusion-v1-5 --license creativeml-openrail-m',
      'selma push merged me/all-skills --scores scores-base --scores scores-merged --samples pics --public',
    ],
    async (options, context, [expert, repository]) =>
      (await import('./push-run.ts')).runPush(expert, repository, options, context),
  )
}

export type { Options as PushCommandOptions }
