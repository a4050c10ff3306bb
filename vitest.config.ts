import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/**/*.deep.test.ts'],
    globalSetup: 'test/leftovers.ts',
    testTimeout: 20_000,
    hookTimeout: 20_000,
    pool: 'threads',
    // A worker a processor: left to itself vitest keeps one of two for its own thread, which mostly waits.
    maxWorkers: '100%',
  },
});
