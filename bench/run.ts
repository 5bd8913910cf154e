import { cpus, totalmem } from 'node:os';
import { type Figure, median, printFigures } from './report.ts';
import { hangingServer } from './session.ts';
import { oneClient, tenClients } from './simulation.ts';

console.log(
  `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, loopback`,
);
/** Runs of the figures that hang on a few slow requests; the median run counts, all are printed. */
const RUNS = 5;

const figures = [...(await medianRun(tenClients)), ...(await oneClient()), ...(await hangingServer())];
process.exitCode = printFigures(figures) ? 0 : 1;

async function medianRun(measure: () => Promise<Figure[]>): Promise<Figure[]> {
  const runs: Figure[][] = [];
  for (let run = 0; run < RUNS; run++) runs.push(await measure());
  return runs[0]!.map((first, index) => {
    const values = runs.map((run) => run[index]!.value);
    const value = median(values);
    const { detail } = runs.map((run) => run[index]!).find((figure) => figure.value === value) ?? first;
    return { ...first, value, detail: `${detail}; ${RUNS} runs: ${values.map((each) => each.toFixed(2)).join(', ')}` };
  });
}
