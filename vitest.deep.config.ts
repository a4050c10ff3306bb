import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.deep.test.ts'],
    globalSetup: 'test/leftovers.ts',
    setupFiles: 'test/equal-bytes.ts',
    testTimeout: 3_600_000,
    hookTimeout: 300_000,
    pool: 'forks',
    maxWorkers: '100%',
  },
});
