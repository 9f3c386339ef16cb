// Days and times as widgets have them: in the page fields of a JavaScript date (months from 0), here `Date`s.
import { isRecord } from '../display/table.ts'
import type { Trait } from './traits.ts'

const timeFields = ['hours', 'minutes', 'seconds', 'milliseconds'] as const
const isTime = (value: unknown): value is Record<string, number> =>
  isRecord(value) && timeFields.every((name) => Number.isFinite(value[name]))
const isDate = (value: unknown): value is Record<string, number> =>
  isRecord(value) && ['year', 'month', 'date'].every((name) => Number.isInteger(value[name]))
const valid = (value: unknown) =>
  value instanceof Date && !Number.isNaN(value.getTime()) ? new Date(value) : undefined

/** A year below 100 is meant as it is, which the constructor of Date does not do. */
function local(it: Record<string, number>): Date {
  const made = new Date(2000, 0, 1)
  made.setFullYear(it.year, it.month, it.date)
  made.setHours(it.hours ?? 0, it.minutes ?? 0, it.seconds ?? 0, it.milliseconds ?? 0)
  return made
}

/** A day: the local one of a `Date`. */
export const date = (): Trait => ({
  expects: 'a valid Date',
  parse: valid,
  initial: () => new Date(1900, 0, 1),
  fromPage: (json) => (isDate(json) ? local(json) : undefined),
  toPage: (value) => {
    const it = value as Date
    return { year: it.getFullYear(), month: it.getMonth(), date: it.getDate() }
  },
})

/** Day and time without a time zone: the local ones of a `Date`. */
export const naiveDatetime = (): Trait => ({
  ...date(),
  fromPage: (json) => (isDate(json) && isTime(json) ? local(json) : undefined),
  toPage: (value) => {
    const it = value as Date
    const day = { year: it.getFullYear(), month: it.getMonth(), date: it.getDate() }
    const [hours, minutes, seconds] = [it.getHours(), it.getMinutes(), it.getSeconds()]
    return { ...day, hours, minutes, seconds, milliseconds: it.getMilliseconds() }
  },
})

/** A point in time. */
export const datetime = (): Trait => ({
  ...date(),
  fromPage(json) {
    if (!isDate(json) || !isTime(json)) return undefined
    const made = new Date(0)
    made.setUTCFullYear(json.year, json.month, json.date)
    made.setUTCHours(json.hours, json.minutes, json.seconds, json.milliseconds)
    return made
  },
  toPage: (value) => {
    const it = value as Date
    const day = { year: it.getUTCFullYear(), month: it.getUTCMonth(), date: it.getUTCDate() }
    const [hours, minutes, seconds] = [it.getUTCHours(), it.getUTCMinutes(), it.getUTCSeconds()]
    return { ...day, hours, minutes, seconds, milliseconds: it.getUTCMilliseconds() }
  },
})

/** Time of day. */
export interface TimeOfDay {
  readonly hours: number
  readonly minutes: number
  readonly seconds: number
  readonly milliseconds: number
}

export const time = (): Trait => ({
  expects: '{ hours, minutes, seconds, milliseconds }',
  parse: (value) =>
    isTime(value)
      ? Object.freeze(Object.fromEntries(timeFields.map((name) => [name, value[name]])))
      : undefined,
  initial: () => ({ hours: 0, minutes: 0, seconds: 0, milliseconds: 0 }),
})
