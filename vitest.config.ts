import { defineConfig } from 'vitest/config';
import LongestFirst from './test/longest-first.ts';

/** Tests that start dozens of programs and wait for their clocks, about a minute each; `npm run test:long` runs them. */
const LONG = [
  'test/upgrade.test.ts',
  'test/deployment/three-machines.test.ts',
  'test/faults/cluster.test.ts',
  'test/faults/git-server.test.ts',
  'test/faults/hostile-client.test.ts',
  'test/faults/session-server.test.ts',
  'test/soak/soak.test.ts',
];

const isLong = process.env.TESTS === 'long';

export default defineConfig({
  test: {
    include: isLong ? LONG : ['test/**/*.test.ts'],
    exclude: isLong ? [] : LONG,
    setupFiles: ['test/fixtures/set-up.ts'],
    reporters: ['default', './test/closing-line.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // Most of what is tested waits for something: two at once hold up nobody on two processors.
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    // A process runs many files: starting one and loading the sources takes longer than most of them.
    isolate: false,
    unstubEnvs: true,
    restoreMocks: true,
    // Pictures without a graphics card keep a browser busy.
    expect: { poll: { timeout: 10_000 } },
  },
});
