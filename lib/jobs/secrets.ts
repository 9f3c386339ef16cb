// Keeps keys and tokens out of job files: settings that hold one are refused, and the values of secret
// environment variables are blotted out of events and errors. Not encryption; stderr.log is not filtered.
import { fail } from '../base/errors.ts'

const secretName =
  /(api[-_]?key|access[-_]?key|private[-_]?key|secret|passw(or)?d|credentials?|authorization|token)$/i
const secretValue = /^(sk-|sk_|hf_|ghp_|github_pat_|xox[abp]-)[A-Za-z0-9_-]{16,}$/
const secretVariable = /(TOKEN|KEY|SECRET|PASSWORD|PASSWD|CREDENTIALS?)$/i

/**
 * Refuses settings that carry a secret: a text under a name such as `apiKey` or `hfToken`, or one that looks
 * like a key of a known service.
 *
 * @throws SelmaError `bad-input` with the place, never the value
 */
export function refuseSecrets(value: unknown, place = 'settings'): void {
  if (typeof value === 'string') {
    if (secretValue.test(value)) refuse(place)
  } else if (Array.isArray(value)) {
    value.forEach((item, index) => {
      refuseSecrets(item, `${place}[${index}]`)
    })
  } else if (value !== null && typeof value === 'object') {
    for (const [key, item] of Object.entries(value)) {
      if (typeof item === 'string' && item !== '' && secretName.test(key)) refuse(`${place}.${key}`)
      refuseSecrets(item, `${place}.${key}`)
    }
  }
}

function refuse(place: string): never {
  return fail(
    'bad-input',
    `${place} holds a key or token, which would be written to job.json`,
    'set it as an environment variable (HF_TOKEN, OPENAI_API_KEY) before the kernel starts',
  )
}

/** Replaces the value of every secret environment variable in a text (plain or JSON) by its name in brackets. */
export function redact(text: string): string {
  let out = text
  for (const [name, value] of Object.entries(process.env)) {
    if (value === undefined || value.length < 8 || !secretVariable.test(name)) continue
    const escaped = JSON.stringify(value).slice(1, -1)
    for (const form of new Set([value, escaped])) out = out.replaceAll(form, `[${name}]`)
  }
  return out
}
