import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
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
