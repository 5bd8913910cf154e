import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openGlFinding } from '../../../src/doctor/opengl-check.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'opengl-check-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Stands for `glxinfo`. */
async function standIn(lines: readonly string[], status = 0): Promise<string> {
  const program = join(folder, `glxinfo-${Math.random()}`);
  await writeFile(
    program,
    `#!/bin/sh\necho "on $DISPLAY" >&2\ncat <<'END'\n${lines.join('\n')}\nEND\nexit ${status}\n`,
    {
      mode: 0o755,
    },
  );
  return program;
}

it.each([
  ['4.6.0 NVIDIA 535.183.01', 'NVIDIA GeForce RTX 3060/PCIe/SSE2', 'fine'],
  ['4.5 (Core Profile) Mesa 22.3.6', 'llvmpipe (LLVM 15.0.6, 256 bits)', 'warning'],
  ['2.1 Mesa 10.1', 'Mesa DRI Intel(R) 965GM', 'error'],
])('finds OpenGL %s by %s: %s', async (version, renderer, level) => {
  const program = await standIn([
    `OpenGL renderer string: ${renderer}`,
    `OpenGL core profile version string: ${version}`,
  ]);

  expect(await openGlFinding(':7', program)).toMatchObject({
    level,
    what: 'OpenGL',
    found: expect.stringContaining(`${version} by ${renderer}`),
  });
});

it('says why a display cannot be asked', async () => {
  expect(await openGlFinding(':7', await standIn([], 1))).toMatchObject({
    level: 'error',
    found: expect.stringContaining('on :7'),
  });
});

it('says what would tell where nothing does', async () => {
  expect(await openGlFinding(':7', join(folder, 'missing'))).toMatchObject({
    level: 'fine',
    found: expect.stringContaining('mesa-utils'),
  });
});
