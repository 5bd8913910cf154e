import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readRecording } from '../../../src/inspection/read-recording.ts';
import type { Recording } from '../../../src/inspection/recording.ts';

const RECORDING: Recording = {
  format: 1,
  startedOn: '2025-06-01T12:30:05.000Z',
  version: '1.2.3',
  baseline: [
    {
      actor: { id: 'x:0', name: 'root', kind: 'supervisor' },
      status: 'active',
      states: [],
      entered: {},
      lastMoves: [],
      visits: {},
    },
  ],
  entries: [
    { n: 7, at: 1, type: 'event', to: 'x:0', event: 'stop' },
    { n: 8, at: 1.5, type: 'step', actor: 'x:0', event: 'stop', status: 'stopped' },
  ],
};

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'recording-'));
});

afterAll(() => rm(folder, { recursive: true }));

async function write(text: string): Promise<string> {
  const path = join(folder, 'file.json');
  await writeFile(path, text);
  return path;
}

describe('readRecording', () => {
  it('reads what was exported, and what a post-mortem holds', async () => {
    expect(await readRecording(await write(JSON.stringify(RECORDING)))).toEqual(RECORDING);
    const postMortem = { format: 1, transitions: [], recording: RECORDING };
    expect(await readRecording(await write(JSON.stringify(postMortem)))).toEqual(RECORDING);
  });

  it.each([
    ['nonsense', 'it is no JSON'],
    ['null', 'the document: '],
    ['{"format":1,"transitions":[]}', 'this post-mortem holds none, because inspection was off'],
    [JSON.stringify({ ...RECORDING, format: 2 }), 'format: '],
    [JSON.stringify({ ...RECORDING, entries: [{ n: 1, at: 0, type: 'event', to: 3, event: 'x' }] }), 'entries.0.to: '],
    [JSON.stringify({ ...RECORDING, entries: RECORDING.entries.toReversed() }), 'entries: numbers must ascend'],
  ])('refuses %s', async (text, problem) => {
    const path = await write(text);

    await expect(readRecording(path)).rejects.toMatchObject({
      code: 'recordingUnreadable',
      message: expect.stringContaining(`Expected ${path} to be a recording or a post-mortem with one: ${problem}`),
    });
  });

  it('says so where there is no file', async () => {
    await expect(readRecording(join(folder, 'none.json'))).rejects.toMatchObject({
      code: 'recordingUnreadable',
      message: expect.stringContaining('ENOENT'),
    });
  });
});
