import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    // On a busy machine a test that watches other processes gets a second try; here it must pass at once.
    retry: process.env.CI ? 1 : 0,
    include: ['tests/**/*.test.ts'],
    exclude: [
      'tests/**/*.long.test.ts',
      'tests/**/*.python.test.ts',
      'tests/**/*.jupyter.test.ts',
      'tests/**/*.system.test.ts',
      'node_modules/**',
    ],
    pool: 'forks',
    testTimeout: 60_000,
    reporters: ['default', './tests/support/summary-reporter.ts'],
  },
})
