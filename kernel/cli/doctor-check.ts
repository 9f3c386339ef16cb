// What `selma doctor` says about one thing.

export interface Check {
  name: string
  /** `missing` is no fault: some things do not work without it. */
  state: 'ok' | 'warning' | 'missing' | 'failed'
  found: string
  /** What to do about it. */
  fix?: string
}
