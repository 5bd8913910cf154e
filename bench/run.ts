import { cpus, totalmem } from 'node:os';
import { printFigures } from './report.ts';
import { hangingServer } from './session.ts';
import { oneClient, tenClients } from './simulation.ts';

console.log(
  `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, loopback`,
);
const figures = [
  ...(await tenClients(false)),
  ...(await tenClients(true)),
  ...(await oneClient()),
  ...(await hangingServer()),
];
process.exitCode = printFigures(figures) ? 0 : 1;
