// What a job is called: a hash over everything that decides its result. Not where it is kept.
import { z } from 'zod'
import { fail, SelmaError } from '../base/errors.ts'
import { sha256 } from '../base/files.ts'
import { refuseSecrets } from './secrets.ts'
import type { AnyStage, Stage } from './stage.ts'

/**
 * JSON with sorted keys and no spaces, so that equal values give equal text. Keys that are undefined are left out.
 *
 * @param what names the value in the error
 * @throws SelmaError `bad-input` for what JSON cannot hold (functions, NaN, typed arrays, dates, cycles)
 */
export function canonicalJson(value: unknown, what = 'value', depth = 0): string {
  if (depth > 200) fail('bad-input', `${what} is nested too deeply, or holds itself`, 'use plain JSON values')
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return JSON.stringify(value)
  if (typeof value === 'number' && Number.isFinite(value)) return JSON.stringify(value)
  if (Array.isArray(value)) {
    return `[${value.map((item, index) => canonicalJson(item, `${what}[${index}]`, depth + 1)).join(',')}]`
  }
  if (typeof value === 'object' && value !== null && isPlain(value)) {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined)
    entries.sort(([a], [b]) => (a < b ? -1 : 1))
    const parts = entries.map(
      ([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item, `${what}.${key}`, depth + 1)}`,
    )
    return `{${parts.join(',')}}`
  }
  const kind =
    typeof value === 'object' ? (value?.constructor?.name ?? 'object') : `${typeof value} ${String(value)}`
  return fail(
    'bad-input',
    `${what} cannot be written as JSON: ${kind}`,
    'use plain JSON; put large data in a file',
  )
}

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value)
  // Objects made in another realm (a notebook's vm context) have another Object.prototype.
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

/** Checks settings and fills in defaults. @throws SelmaError `bad-input` naming each bad setting */
export function resolveSettings<Settings, Input>(
  stage: Stage<Settings, unknown, Input>,
  input: unknown,
): Settings {
  const parsed = stage.settings.safeParse(input)
  if (!parsed.success) {
    const lines = z.prettifyError(parsed.error).replaceAll('\n  → at', ' at').replaceAll('✖ ', '')
    throw new SelmaError('bad-input', `bad settings for ${stage.name}: ${lines.replaceAll('\n', '; ')}`, {
      hint: 'change the settings named and run it again',
    })
  }
  refuseSecrets(parsed.data)
  return parsed.data
}

/** The 64 hex digits over stage, stage version, settings and the inputs' contents. */
export function jobHash(stage: AnyStage, settings: unknown, inputs: Record<string, string>): string {
  const identity = stage.identity ? stage.identity(settings) : settings
  const whole = { format: 1, stage: stage.name, stageVersion: stage.version, settings: identity, inputs }
  return sha256(canonicalJson(whole, stage.name))
}

/** The directory's name: stage and the first 16 digits of the hash. */
export function jobId(stage: AnyStage, hash: string): string {
  return `${stage.name}-${hash.slice(0, 16)}`
}
