import { describe, expect, it } from 'vitest';
import { INTERNAL_ERROR } from '../../machines/end-reason.ts';
import { AppError } from '../../src/errors.ts';
import { finished, type SessionPart, startSession, turn } from '../fixtures/session-machine.ts';

const BUG = new Error('a bug');
const TOLD = ['post-mortem: a1', `loading: Error: ${INTERNAL_ERROR.text}`, `error: ${INTERNAL_ERROR.text}`];

describe('clientSession machine, where a part of it fails by a bug', () => {
  it.each(['admission', 'seat', 'checkout', 'engine'] as const)(
    'ends when the %s throws, tells the client no details, and its parent all',
    async (part) => {
      const session = startSession({ errors: { [part]: BUG }, isFull: part === 'seat' });
      await session.start();
      if (part === 'engine') session.report(finished);
      await session.leave();

      expect(session.sent).toEqual(TOLD);
      expect(session.failures()).toEqual([[part, BUG]]);
      expect(session.actor.getSnapshot().output).toEqual({ ...INTERNAL_ERROR, cause: BUG });
      expect(session.log).toEqual(['engineStop', 'resourceRelease', 'socketClose']);
    },
  );

  it('gives all back when the socket throws, and tells nobody but its parent', async () => {
    const session = startSession({ errors: { socket: BUG } });
    await session.leave();

    expect(session.sent).toEqual([]);
    expect(session.failures()).toEqual([['socket', BUG]]);
    expect(session.actor.getSnapshot().output).toEqual({ ...INTERNAL_ERROR, cause: BUG });
    expect(session.log).toEqual(['engineStop', 'resourceRelease', 'socketClose']);
  });

  it('ends when an actor reports its own failure', async () => {
    const session = startSession();
    await session.start();

    session.actor.send({ type: 'actor.failed', actor: 'checkout', error: BUG });
    await session.leave();

    expect(session.sent).toEqual(TOLD);
    expect(session.failures()).toEqual([['checkout', BUG]]);
    expect(session.actor.getSnapshot().output).toEqual({ ...INTERNAL_ERROR, cause: BUG });
  });

  it.each([
    ['a refusal, in its words', new AppError('internalError', 'No such file.'), 'No such file.', []],
    ['a bug, without details', BUG, INTERNAL_ERROR.text, [['controllerReset', BUG]]],
  ] as const)('answers the reset of a controller that fails by %s, and goes on', async (_, error, text, failures) => {
    const session = startSession({ errors: { controllerReset: error } });
    await session.stream();
    session.sent.length = 0;

    session.report({ type: 'client.controllerReset', file: 'a/a.py' });
    await turn();

    expect(session.sent).toEqual([`loading: Error: ${text}`]);
    expect(session.failures()).toEqual(failures);
    expect(session.value()).toEqual({ connected: { simulating: { streaming: 'steady' } } });
  });

  it.each<SessionPart>(['engineStop', 'resourceRelease', 'socketClose'])(
    'goes on leaving when %s throws, and keeps the reason',
    async (part) => {
      const session = startSession({ errors: { [part]: BUG } });

      session.report({ type: 'socket.closed', reason: 'clientLeft' });
      await session.leave();

      expect(session.log).toEqual(['engineStop', 'resourceRelease', 'socketClose']);
      expect(session.failures()).toEqual([[part, BUG]]);
      expect(session.actor.getSnapshot().output).toEqual({ reason: 'clientLeft', text: '' });
    },
  );
});
