// What pictures are drawn with beside prompts, seeds, steps and guidance: options that `images` and `evaluate` share.
import { type Command, Option } from 'commander'
import { number, sizePair, whole, yesOrNo } from './options.ts'

export interface DrawOptionValues {
  negativePrompt?: string
  scheduler?: string
  width?: number
  height?: number
  eta?: number
  timestepSpacing?: string
  rescaleBetasZeroSnr?: boolean
  originalSize?: [number, number]
  cropsCoordsTopLeft?: [number, number]
  targetSize?: [number, number]
  tiling?: boolean
  clipSkip?: number
}

/** As in lib/diffusion, which is not loaded for a help text. */
const schedulers = ['ddim', 'pndm', 'ddpm', 'euler', 'euler-ancestral', 'dpm++-2m', 'dpm++-2m-karras']
const spacings = ['leading', 'trailing', 'linspace']

export function addDrawOptions(command: Command): Command {
  return command
    .option('--negative-prompt <text>', 'what guidance leads away from')
    .addOption(new Option('--scheduler <name>', "sampler (default: the model's own)").choices(schedulers))
    .option('--width <pixels>', "of the pictures (default: the model's own)", whole(1))
    .option('--height <pixels>', "of the pictures (default: the model's own)", whole(1))
    .option('--eta <share>', 'of ancestral noise, DDIM only (default: 0)', number({ low: 0, high: 1 }))
    .addOption(
      new Option('--timestep-spacing <name>', "of the sampler (default: the model's own)").choices(spacings),
    )
    .option('--rescale-betas-zero-snr', 'for models trained with zero terminal SNR')
    .option('--original-size <height,width>', 'Stable Diffusion XL is told it (default: the size)', sizePair)
    .option('--crops-coords-top-left <top,left>', 'likewise (default: 0,0)', sizePair)
    .option('--target-size <height,width>', 'likewise (default: the size)', sizePair)
    .option('--clip-skip <layers>', "left out at the text encoder's end (default: 0)", whole(0))
    .option('--tiling <yes|no>', 'the VAE in tiles (default: above 1024 × 1024 pixels)', yesOrNo)
}

/** Those of a command's options that are draw options and given. */
export function givenDrawOptions(options: DrawOptionValues): DrawOptionValues {
  const { negativePrompt, scheduler, width, height, eta, timestepSpacing, rescaleBetasZeroSnr } = options
  const { originalSize, cropsCoordsTopLeft, targetSize, tiling, clipSkip } = options
  return {
    ...(negativePrompt ? { negativePrompt } : {}),
    ...{ scheduler, width, height, eta, timestepSpacing, rescaleBetasZeroSnr },
    ...{ originalSize, cropsCoordsTopLeft, targetSize, tiling, clipSkip },
  }
}
