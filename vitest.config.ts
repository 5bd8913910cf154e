import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/fixtures/record-tests.ts'],
    reporters: ['default', './test/closing-line.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // Most of what is tested waits for something: two at once hold up nobody on two processors.
    maxWorkers: 2,
    // Pictures without a graphics card keep a browser busy.
    expect: { poll: { timeout: 10_000 } },
  },
});
