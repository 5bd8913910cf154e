import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect, it, vi } from 'vitest';
import type { AnyActor } from 'xstate';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

it('the example of docs/supervisor.md runs, reports what fails, and ends', async () => {
  const told = vi.spyOn(console, 'error').mockReturnValue(undefined);
  const folder = await mkdtemp(join(tmpdir(), 'supervisor-example-'));
  const document = await readFile(join(ROOT, 'docs/supervisor.md'), 'utf8');
  const example = /```ts\n(.*?)```/s.exec(document)?.[1] ?? '';
  const placed = example
    .replaceAll("'./machines/", `'${pathToFileURL(ROOT).href}machines/`)
    .replaceAll("'xstate'", `'${import.meta.resolve('xstate')}'`);
  await writeFile(join(folder, 'example.ts'), `${placed}export { root };\n`);

  const { root } = (await import(join(folder, 'example.ts'))) as { root: AnyActor };
  await vi.waitFor(() => expect(root.getSnapshot().status).toBe('done'));

  expect(told.mock.calls).toEqual([['program/jobs', 'childTerminated', 'job-1', new Error('a bug')]]);
  told.mockRestore();
  await rm(folder, { recursive: true });
});
