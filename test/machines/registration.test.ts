import { describe, expect, it } from 'vitest';
import { createActor, fromPromise, SimulatedClock } from 'xstate';
import {
  REGISTRATION_ATTEMPTS,
  REGISTRATION_PAUSE,
  type RegistrationInput,
  registrationMachine,
} from '../../machines/registration.ts';

const input = { service: 'https://example.org/setup.php', form: { url: 'https://h/2000' } };

describe('registration machine', () => {
  it('keeps the answer of the service', async () => {
    const { actor, asked } = startRegistration(async () => 'published');
    await turn();

    expect(actor.getSnapshot()).toMatchObject({ value: 'registered', context: { answer: 'published' } });
    expect(asked).toEqual([input]);
  });

  it('tries six times in all, ever more slowly, and then gives up, with the reason', async () => {
    const { actor, asked, clock } = startRegistration(async () => {
      throw new Error('unreachable');
    });
    await turn();

    for (let attempt = 1; attempt < REGISTRATION_ATTEMPTS; attempt++) {
      expect(actor.getSnapshot().value).toBe('resting');
      clock.increment(REGISTRATION_PAUSE * 2 ** (attempt - 1) - 1);
      expect(actor.getSnapshot().value).toBe('resting');
      clock.increment(1);
      await turn();
    }

    expect(actor.getSnapshot()).toMatchObject({ value: 'refused', context: { failure: new Error('unreachable') } });
    expect(asked).toHaveLength(6);
  });

  it('ends when it is told to, also between two attempts', async () => {
    const { actor } = startRegistration(async () => {
      throw new Error('unreachable');
    });
    await turn();

    actor.send({ type: 'stop' });

    expect(actor.getSnapshot().status).toBe('done');
  });
});

function startRegistration(answer: () => Promise<string>) {
  const clock = new SimulatedClock();
  const asked: unknown[] = [];
  const post = fromPromise<string, RegistrationInput>(async ({ input }) => {
    asked.push(input);
    return answer();
  });
  const actor = createActor(registrationMachine.provide({ actors: { post } }), { clock, input }).start();
  return { actor, asked, clock };
}

function turn(): Promise<void> {
  return new Promise(setImmediate);
}
