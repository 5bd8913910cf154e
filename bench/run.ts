import { cpus, totalmem } from 'node:os';
import { crashedEngine, oneClient } from './one-client.ts';
import { printFigures } from './report.ts';
import { hangingServer } from './session.ts';
import { tenClients } from './ten-clients.ts';
import { viewers } from './viewers.ts';
import { worlds } from './worlds.ts';

console.log(
  `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, loopback`,
);
const figures = [
  ...(await tenClients(false)),
  ...(await tenClients(true)),
  ...(await oneClient()),
  ...(await crashedEngine()),
  ...(await hangingServer()),
  ...(await worlds()),
  ...(await viewers()),
];
process.exitCode = printFigures(figures) ? 0 : 1;
