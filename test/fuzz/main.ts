import { parseArgs } from 'node:util';
import { RUNS_OF_A_SEED, trySeed } from './fuzz.ts';

const HELP = `Usage: npm run fuzz -- [--minutes N] [--seed S]

Lets the embedded engine read, show and simulate projects that seeds draw, one
seed after the other. A seed that fails is printed with the smallest project
that fails; it belongs into test/fuzz/seeds.ts, with what was wrong.

  --minutes N  for how long. Default: 1
  --seed S     where to begin. Default: anywhere
`;

/** Above the largest seed where it may begin, so that there are always more. */
const SEEDS = 2 ** 30;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * SEEDS)) },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) process.stdout.write(HELP);
else process.exitCode = await fuzz(Number(values.minutes) * 60_000, Number(values.seed));

async function fuzz(duration: number, first: number): Promise<number> {
  if (!(duration > 0) || !Number.isSafeInteger(first) || first < 0) {
    process.stderr.write(`fuzz: expected a number of minutes above 0 and a whole number for a seed\n\n${HELP}`);
    return 64;
  }
  const end = performance.now() + duration;
  const total = { shown: 0, refused: 0, failures: 0 };
  let seed = first;
  for (; performance.now() < end; seed++) {
    const { shown, refused, failure } = await trySeed(seed);
    total.shown += shown;
    total.refused += refused;
    if (failure === undefined) continue;
    total.failures++;
    process.stdout.write(`FAILED  seed ${seed}\n${failure}\n`);
  }
  const { shown, refused, failures } = total;
  process.stdout.write(
    `${seed - first} seeds from ${first}, ${RUNS_OF_A_SEED} projects each: ${shown} shown, ${refused} refused, ${failures} failures\n`,
  );
  return failures === 0 ? 0 : 1;
}
