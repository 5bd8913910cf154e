import { once } from 'node:events';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { createActor, toPromise } from 'xstate';
import { createLoadProbe, readLoad } from '../../../src/session/probe-load.ts';
import { startLoadServer, UNUSABLE_ANSWERS } from '../../fixtures/load-server.ts';

const probe = createLoadProbe(false);
afterAll(() => probe.close());

const ask = (entry: string) => {
  const actor = createActor(probe.logic, { input: { entry } });
  const answer = toPromise(actor);
  actor.start();
  return answer;
};

describe('createLoadProbe', () => {
  it('resolves to the load, over one connection for many probes', async () => {
    await using server = await startLoadServer(12.5);

    expect([await ask(server.entry), await ask(server.entry)]).toEqual([12.5, 12.5]);
    expect([server.requests, server.connections]).toEqual([2, 1]);
  });

  it.each(UNUSABLE_ANSWERS.filter((answer) => answer !== 'hang'))('rejects the answer "%s"', async (answer) => {
    await using server = await startLoadServer(answer);

    await expect(ask(server.entry)).rejects.toThrow();
  });

  it.each([
    { answer: 'status500', problem: 'Expected status 200, got 500' },
    { answer: 'words', problem: 'Expected a decimal number, got "I am fine"' },
    { answer: 'endless', problem: 'Expected at most 1024 bytes, got more' },
    { answer: 'reset', problem: 'socket hang up' },
  ] as const)('says what was wrong with the answer "$answer"', async ({ answer, problem }) => {
    await using server = await startLoadServer(answer);

    await expect(ask(server.entry)).rejects.toThrow(problem);
  });

  it('rejects when nothing listens, and when the name is no host', async () => {
    const server = await startLoadServer(1);
    await server.stop();

    await expect(ask(server.entry)).rejects.toThrow('ECONNREFUSED');
    await expect(ask('in valid')).rejects.toThrow('Invalid URL');
  });

  it('reaches a server that closed the kept connection since the last probe', async () => {
    await using server = await startLoadServer('stale');

    expect([await ask(server.entry), await ask(server.entry)]).toEqual([1, 1]);
    expect([server.requests, server.connections]).toEqual([3, 2]);
  });

  it('breaks the connection when it is stopped', async () => {
    await using server = await startLoadServer('hang');
    const actor = createActor(probe.logic, { input: { entry: server.entry } }).start();
    const connection = await server.nextConnection();

    actor.stop();

    await once(connection, 'close');
  });
});

describe('readLoad', () => {
  it('reads every decimal number from 0, with white space around it', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e6, noNaN: true }), (load) => {
        expect(readLoad(` ${load}\r\n`)).toBe(load === 0 ? 0 : load);
      }),
    );
  });

  it('returns a finite number that is not negative, or throws, for any text', () => {
    const text = fc.oneof(fc.string(), fc.constantFrom('NaN', 'Infinity', '1e999', '0x10', '-5', '+5', '1_000', '1,5'));
    fc.assert(
      fc.property(text, (answer) => {
        let load: number;
        try {
          load = readLoad(answer);
        } catch (error) {
          expect((error as Error).message).toMatch(/^Expected a decimal number, got "/);
          return;
        }
        expect(Number.isFinite(load) && load >= 0).toBe(true);
        expect(answer.trim()).toMatch(/^\d/);
      }),
    );
  });
});
