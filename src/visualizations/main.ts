// Writes what the program looks like to `visualizations/`: `npm run visualize`.
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../package-root.ts';
import { record } from '../sequences/record.ts';
import { SHOWN_MACHINES } from '../statecharts/machines.ts';
import { exportAll } from './export.ts';

const folder = join(PACKAGE_ROOT, 'visualizations');
const files = await exportAll(SHOWN_MACHINES, await record());
await rm(folder, { recursive: true, force: true });
await mkdir(folder);
for (const [name, content] of files) await writeFile(join(folder, name), content);
console.log(`${files.size} files in ${folder}`);
