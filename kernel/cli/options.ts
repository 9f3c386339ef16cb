// Reading option values: numbers with their ranges, lists, LoRAs with weights. A value that does not fit is
// refused with what would.
import { existsSync } from 'node:fs'
import { InvalidArgumentError, Option } from 'commander'

function refuse(what: string): never {
  throw new InvalidArgumentError(what)
}

/** A whole number from `least` up. */
export const whole =
  (least = Number.MIN_SAFE_INTEGER) =>
  (text: string): number => {
    const value = Number(text)
    if (text.trim() !== '' && Number.isSafeInteger(value) && value >= least) return value
    return refuse(
      least === Number.MIN_SAFE_INTEGER ? 'Give a whole number.' : `Give a whole number from ${least} up.`,
    )
  }

/** A number from `low` to `high`; `open` leaves `low` itself out. */
export const number =
  ({
    low = Number.NEGATIVE_INFINITY,
    high = Number.POSITIVE_INFINITY,
    open = false,
  }: {
    low?: number
    high?: number
    open?: boolean
  } = {}) =>
  (text: string): number => {
    const value = Number(text)
    const fits = open ? value > low : value >= low
    if (text.trim() !== '' && Number.isFinite(value) && fits && value <= high) return value
    const from = open ? `above ${low}` : `from ${low}`
    return refuse(
      Number.isFinite(high)
        ? `Give a number ${from} to ${high}.`
        : `Give a number ${from}${open ? '' : ' up'}.`,
    )
  }

/** Numbers between commas, each read by `one`. */
export const listOf =
  (one: (text: string) => number) =>
  (text: string): number[] =>
    text.split(',').map(one)

/** Texts between commas. */
export function texts(text: string): string[] {
  const parts = text.split(',').map((part) => part.trim())
  return parts.every((part) => part !== '') ? parts : refuse('Give names with commas between them.')
}

export function yesOrNo(text: string): boolean {
  return text === 'yes' || (text === 'no' ? false : refuse('Give yes or no.'))
}

/** Sizes between semicolons, each `height,width`. */
export function sizes(text: string): [number, number][] {
  return text.split(';').map((part) => {
    const pair = part.split(',').map(whole(1))
    return pair.length === 2 ? (pair as [number, number]) : refuse('Give height,width;height,width…')
  })
}

/** Two numbers of pixels with a comma between them. */
export function sizePair(text: string): [number, number] {
  const pair = text.split(',').map(number({ low: 0 }))
  return pair.length === 2
    ? (pair as [number, number])
    : refuse('Give two numbers with a comma between them.')
}

/** Collects an option that may be given several times. */
export const collect =
  <T>(one: (text: string) => T) =>
  (text: string, before: T[] = []): T[] => [...before, one(text)]

/** `name=value`. */
export function pair(text: string): [string, string] {
  const at = text.indexOf('=')
  if (at > 0) return [text.slice(0, at).trim(), text.slice(at + 1)]
  return refuse('Give name=value.')
}

export interface LoraArgument {
  path: string
  weight: number
}

/** `PATH`, or `PATH=WEIGHT`. */
export function lora(text: string): LoraArgument {
  const at = text.lastIndexOf('=')
  if (at <= 0 || existsSync(text)) return { path: text, weight: 1 }
  return { path: text.slice(0, at), weight: number()(text.slice(at + 1)) }
}

// Options that several commands have. Each call makes one anew: commander keeps state in them.
export const guidanceOption = (): Option =>
  new Option('--guidance <scale>', 'classifier-free guidance; 1 is none')
    .argParser(number({ low: 0 }))
    .default(7.5)
export const rescaleOption = (): Option =>
  new Option('--rescale <phi>', 'guidance rescale').argParser(number({ low: 0, high: 1 })).default(0)
/** As in lib/runtime, which is not loaded for a help text. */
const devices = ['cpu', 'cuda', 'webgpu', 'auto']
export const deviceOption = (): Option =>
  new Option(
    '--device <name>',
    'what computes; auto is the best that works (default: $SELMA_DEVICE, else cpu)',
  ).choices(devices)
/** As in lib/diffusion. */
const weightDtypes = ['float32', 'float16']
export const dtypeOption = (): Option =>
  new Option(
    '--dtype <name>',
    'how frozen weights are kept in memory; computed is in float32 (default: float32)',
  ).choices(weightDtypes)
export const freshOption = (): Option =>
  new Option('--fresh', 'compute anew instead of going on or answering from the cache')
export const forceOption = (): Option => new Option('--force', 'replace --out whatever it is')
