import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { hasProc } from '../fixtures/process-traces.ts';
import { soak } from './soak.ts';

const PROGRAM = fileURLToPath(new URL('../../dist/src/main.js', import.meta.url));

/** For how long clients come, in ms; the start, the last visits and the way back to the start come on top. */
const DURATION = 60_000;
const BOUND = 6 * DURATION;

/** Always the same, so that a failure can be had again. */
const SEED = 20_250_601;

const isBuilt = existsSync(PROGRAM);

describe.skipIf(!isBuilt || !hasProc)('a minute of clients and faults (needs the build and /proc)', () => {
  it(
    'leaves both servers with what they held at its start',
    async () => {
      const lines: string[] = [];
      const { visits, sessions, failures } = await soak({
        duration: DURATION,
        clients: 4,
        seed: SEED,
        print: (line) => lines.push(line),
      });
      console.log([`${visits} visits, ${sessions} sessions, seed ${SEED}`, ...lines].join('\n'));

      expect(failures).toEqual([]);
      expect(sessions).toBeGreaterThan(0);
    },
    BOUND,
  );
});
