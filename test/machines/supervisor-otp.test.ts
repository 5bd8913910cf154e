import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMachine } from 'xstate';
import {
  child,
  deleteChild,
  getChild,
  type Reply,
  type Restart,
  restartChild,
  type Strategy,
  startChild,
  stopChild,
  whichChildren,
} from '../../machines/supervisor.ts';
import { OtpSupervisor } from '../fixtures/otp-supervisor.ts';
import { type Diary, startSupervisor, timersOf, worker } from '../fixtures/supervised.ts';

const ids = ['a', 'b', 'c', 'd', 'e'];
const id = fc.constantFrom(...ids);
const restart = fc.constantFrom<Restart>('permanent', 'transient', 'temporary');
const strategy = fc.constantFrom<Strategy>('oneForOne', 'oneForAll', 'restForOne');

type Step =
  | { readonly type: 'crash' | 'finish' | 'stopChild' | 'restartChild' | 'deleteChild'; readonly id: string }
  | { readonly type: 'startChild'; readonly id: string; readonly restart: Restart }
  | { readonly type: 'failNextStarts'; readonly id: string; readonly count: number }
  | { readonly type: 'pass'; readonly ms: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constant('crash' as const), id }) },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constantFrom('finish' as const, 'stopChild' as const, 'restartChild' as const, 'deleteChild' as const),
      id,
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('startChild' as const), id, restart }) },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('failNextStarts' as const), id, count: fc.integer({ min: 1, max: 3 }) }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('pass' as const), ms: fc.integer({ min: 0, max: 800 }) }) },
);

describe('supervisor, for any sequence of starts, crashes, stops and time', () => {
  it('starts, stops, refuses and gives up as the rules of OTP say', async () => {
    let sequencesThatGaveUp = 0;
    await fc.assert(
      fc.asyncProperty(
        strategy,
        fc.array(restart, { minLength: 1, maxLength: 4 }),
        fc.nat(3),
        fc.integer({ min: 0, max: 2_000 }),
        fc.array(step, { minLength: 5, maxLength: 60, size: 'max' }),
        async (chosenStrategy, restarts, intensity, period, steps) => {
          const model = new OtpSupervisor(chosenStrategy, intensity, period);
          const failingStarts = new Map<string, number>();
          const diary: Diary = [];
          const spec = (name: string, kind: Restart) =>
            child({ id: name, systemId: name, restart: kind, src: fragileWorker(name, diary, failingStarts) });
          const children = restarts.map((kind, index) => spec(ids[index]!, kind));
          const { actor, ref, clock, ends, send } = startSupervisor({
            strategy: chosenStrategy,
            intensity,
            period,
            children,
          });
          restarts.forEach((kind, index) => {
            model.startChild(ids[index]!, kind);
          });

          for (const each of steps) {
            const { actual, expected } = await take(each);
            expect(actual).toBe(expected);
            expect(diary).toEqual(model.diary);
            expect(ends.length > 0).toBe(model.hasGivenUp);
            expect(whichChildren(ref).map((line) => [line.id, line.state === 'running'])).toEqual(
              model.children.map((line) => [line.id, line.isAlive]),
            );
            const alive = model.children.filter(({ isAlive }) => isAlive).map((line) => line.id);
            expect(Object.keys(ref.system.getAll()).sort()).toEqual(alive.sort());
            expect(ref.getSnapshot().active).toBe(alive.length);
            if (model.hasGivenUp) {
              sequencesThatGaveUp++;
              return;
            }
          }
          actor.stop();
          expect(timersOf(clock)).toBe(0);

          async function take(each: Step): Promise<{ actual: string; expected: string }> {
            switch (each.type) {
              case 'pass':
                clock.increment(each.ms);
                model.now += each.ms;
                return same;
              case 'failNextStarts':
                failingStarts.set(each.id, each.count);
                model.failingStarts.set(each.id, each.count);
                return same;
              case 'crash':
              case 'finish':
                if (!model.find(each.id)?.isAlive) return same;
                send(each.id, each.type);
                model.childEnded(each.id, each.type === 'crash');
                return same;
              case 'startChild': {
                const reply = startChild(ref, spec(each.id, each.restart));
                return { actual: wordOf(await reply), expected: model.startChild(each.id, each.restart) };
              }
              case 'stopChild':
                return { actual: wordOf(await stopChild(ref, each.id)), expected: model.terminateChild(each.id) };
              case 'restartChild':
                return { actual: wordOf(await restartChild(ref, each.id)), expected: model.restartChild(each.id) };
              case 'deleteChild':
                return { actual: wordOf(await deleteChild(ref, each.id)), expected: model.deleteChild(each.id) };
            }
          }
        },
      ),
      { numRuns: 300 },
    );
    expect(sequencesThatGaveUp).toBeGreaterThan(0);
  });

  it('answers every command, comes to rest and leaves nothing, with backoff and children that ignore stop', async () => {
    const kind = fc.record({ restart, isDeaf: fc.boolean(), shutdown: fc.constantFrom(0, 1, 70, 500) });
    await fc.assert(
      fc.asyncProperty(
        strategy,
        fc.array(kind, { minLength: 1, maxLength: 4 }),
        fc.array(step, { maxLength: 40 }),
        fc.integer({ min: 1, max: 200 }),
        fc.constantFrom('reverse' as const, 'parallel' as const),
        fc.boolean(),
        async (chosenStrategy, kinds, steps, initial, shutdownOrder, isStopped) => {
          const children = kinds.map(({ isDeaf, ...rest }, index) => {
            const name = ids[index]!;
            return child({ ...rest, id: name, systemId: name, src: worker(name, [], { isDeaf }) });
          });
          const { actor, ref, clock } = startSupervisor({
            strategy: chosenStrategy,
            shutdownOrder,
            intensity: Infinity,
            backoff: { initial, max: 300 },
            children,
          });
          const replies: Promise<Reply>[] = [];

          for (const each of steps) {
            if (each.type === 'pass') clock.increment(each.ms);
            else if (each.type === 'crash' || each.type === 'finish') {
              const found = getChild(ref, each.id);
              if (found?.getSnapshot().status === 'active') found.send({ type: each.type });
            } else if (each.type === 'startChild') {
              const spec = child({ id: each.id, systemId: each.id, restart: each.restart, src: worker(each.id) });
              replies.push(startChild(ref, spec));
            } else if (each.type !== 'failNextStarts') {
              const command = { stopChild, restartChild, deleteChild }[each.type];
              replies.push(command(ref, each.id));
            }
            for (const line of whichChildren(ref)) {
              const isActive = line.ref?.getSnapshot().status === 'active';
              if (line.ref) expect(ref.system.get(line.id)).toBe(isActive ? line.ref : undefined);
              expect(line.ref !== undefined).toBe(line.state === 'running' || line.state === 'stopping');
            }
          }
          if (isStopped) ref.send({ type: 'stop' });
          for (let passed = 0; passed < 6_000; passed += 100) clock.increment(100);
          await Promise.all(replies);

          const resting = isStopped ? /^stopped$/ : /^(running|stopped)$/;
          expect(whichChildren(ref).filter(({ state }) => !resting.test(state))).toEqual([]);
          expect(ref.getSnapshot().status).toBe(isStopped ? 'done' : 'active');
          if (!isStopped) actor.stop();
          expect(timersOf(clock)).toBe(0);
          expect(ref.system.getAll()).toEqual({});
        },
      ),
      { numRuns: 300 },
    );
  });
});

const same = { actual: 'ok', expected: 'ok' };

function wordOf(reply: Reply): string {
  return reply.ok ? 'ok' : reply.reason;
}

/** Fails as many of its next starts as the map says. */
function fragileWorker(name: string, diary: Diary, failingStarts: Map<string, number>) {
  return createMachine({
    entry: () => {
      const failing = failingStarts.get(name) ?? 0;
      failingStarts.set(name, Math.max(0, failing - 1));
      diary.push(`${failing > 0 ? '!' : '+'}${name}`);
      if (failing > 0) throw new Error(`${name} did not start`);
    },
    initial: 'on',
    states: {
      on: {
        on: {
          crash: {
            actions: () => {
              throw new Error(`${name} crashed`);
            },
          },
          finish: 'off',
          stop: { target: 'off', actions: () => diary.push(`-${name}`) },
        },
      },
      off: { type: 'final' },
    },
  });
}
