import { parseArgs } from 'node:util';
import { soak } from './soak.ts';

const HELP = `Usage: npm run soak -- [--minutes N] [--clients C] [--seed S]

Runs a session server and two simulation servers with clients and faults that
the seed draws, and sees that at the end they hold what they held at the start.

  --minutes N  for how long clients come. Default: 1
  --clients C  clients at the same time. Default: 8
  --seed S     the same seed draws the same faults. Default: a new one
`;

/** Above the largest seed: seeds have 32 bits. */
const SEEDS = 2 ** 32;

try {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '1' },
      clients: { type: 'string', default: '8' },
      seed: { type: 'string', default: String(Math.floor(Math.random() * SEEDS)) },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) process.stdout.write(HELP);
  else {
    const seed = numberOf('seed', values.seed, 0, SEEDS - 1);
    const minutes = numberOf('minutes', values.minutes, 0.1, 24 * 60);
    const clients = numberOf('clients', values.clients, 1, 50);
    const print = (line: string) => void process.stdout.write(`${line}\n`);
    print(`${minutes} minutes, ${clients} clients at the same time, seed ${seed}\n`);
    const { visits, sessions, failures } = await soak({ duration: minutes * 60_000, clients, seed, print });
    for (const failure of failures) print(`FAILED  ${failure}`);
    print(`\n${visits} visits, ${sessions} sessions, ${failures.length} failures, seed ${seed}`);
    process.exit(failures.length === 0 ? 0 : 1);
  }
} catch (error) {
  process.stderr.write(`soak: ${(error as Error).message}\n\n${HELP}`);
  process.exit(64);
}

function numberOf(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (text !== '' && value >= least && value <= most) return value;
  throw new RangeError(`Expected --${name} to be from ${least} to ${most}, got ${text}`);
}
