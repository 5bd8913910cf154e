// Writes the statecharts of all machines to `visualizations/`: `npm run visualize`.
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../package-root.ts';
import { exportCharts } from './export.ts';
import { SHOWN_MACHINES } from './machines.ts';

const folder = join(PACKAGE_ROOT, 'visualizations');
const files = await exportCharts(SHOWN_MACHINES);
await rm(folder, { recursive: true, force: true });
await mkdir(folder);
for (const [name, content] of files) await writeFile(join(folder, name), content);
console.log(`${files.size} files in ${folder}`);
