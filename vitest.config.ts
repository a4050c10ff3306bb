import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/**/*.deep.test.ts'],
    globalSetup: 'test/leftovers.ts',
    setupFiles: ['test/equal-bytes.ts', 'test/seeds.ts'],
    // A limit finds what hangs; machines of a CI service are slow at times.
    testTimeout: process.env.CI ? 90_000 : 20_000,
    hookTimeout: process.env.CI ? 180_000 : 60_000,
    // A program that a test starts is forked off its worker: the smaller that is, the fewer pages are copied for it.
    pool: 'forks',
    // What tests throw away is young: with more room for it, less time goes into collecting it.
    execArgv: ['--max-semi-space-size=32'],
    // Files share what they import, compiled and warm: a quarter of the processor's time. A test that changes something of
    // the process or of a module puts it back.
    isolate: false,
    // More than processors, since a worker waits for the programs that its tests run; vitest's own thread mostly waits too.
    maxWorkers: Math.ceil(availableParallelism() * 1.5),
  },
});
