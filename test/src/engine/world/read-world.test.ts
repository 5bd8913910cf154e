import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MAXIMUM_FILE_SIZE, readWorld } from '../../../../src/engine/world/read-world.ts';
import { worldText } from '../fixtures/world-text.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'engine-world-'));
});

afterEach(() => rm(folder, { recursive: true }));

describe('readWorld', () => {
  it('reads a file and lets others have their turn while it is long', async () => {
    const path = join(folder, 'long.wbt');
    await writeFile(path, worldText('Box { size 1 2 3 }\n'.repeat(60_000)));
    const progress: number[] = [];
    let turns = 0;
    const counter = setInterval(() => turns++, 0);

    const world = await readWorld(path, (part) => progress.push(part));
    clearInterval(counter);

    expect(world.nodes).toHaveLength(60_000);
    expect(progress.length).toBeGreaterThan(0);
    expect(turns).toBeGreaterThan(0);
  });

  it('refuses what is no readable file, without naming its folder', async () => {
    const large = join(folder, 'large.wbt');
    await writeFile(large, '');
    await truncate(large, MAXIMUM_FILE_SIZE + 1);
    const pipe = join(folder, 'pipe.wbt');
    execFileSync('mkfifo', [pipe]);

    const messages = await Promise.all(
      [join(folder, 'none.wbt'), folder, large, pipe].map((path) =>
        readWorld(path).catch((error: Error) => error.message),
      ),
    );

    expect(messages).toEqual([
      'Expected a readable world file: there is no such file.',
      'Expected the world to be a file.',
      'Expected a world of at most 100000000 bytes, got 100000001 bytes.',
      'Expected the world to be a file.',
    ]);
  });
});
