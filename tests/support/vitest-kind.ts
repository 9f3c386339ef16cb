// The configuration of the test runs that `npm test` leaves out: `tests/**/*.<kind>.test.ts`, file after
// file, because they take machines or minutes.
import { defineConfig, type ViteUserConfig } from 'vitest/config'

/** @param timeout milliseconds for each test */
export function kindOfTests(kind: 'python' | 'long' | 'system' | 'jupyter', timeout: number): ViteUserConfig {
  return defineConfig({
    test: {
      // As in vitest.config.ts: a second try on a busy machine, in CI only.
      retry: process.env.CI ? 1 : 0,
      include: [`tests/**/*.${kind}.test.ts`],
      pool: 'forks',
      fileParallelism: false,
      testTimeout: timeout,
      hookTimeout: timeout,
      reporters: ['default', './tests/support/summary-reporter.ts'],
    },
  })
}
