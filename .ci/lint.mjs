// Runs Biome on the whole tree, or says why it does not: `node .ci/lint.mjs ci|check …`.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';

let program;
try {
  program = createRequire(import.meta.url).resolve('@biomejs/cli-linux-x64/biome');
} catch {
  process.stdout.write('skipped: lint and format check, because Biome is installed on 64-bit Linux only\n');
  process.exit(0);
}
process.exit(spawnSync(program, process.argv.slice(2), { stdio: 'inherit' }).status ?? 1);
