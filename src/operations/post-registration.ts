import { fromPromise } from 'xstate';
import type { RegistrationInput } from '../../machines/registration.ts';
import { outwardFetch } from '../outward-fetch.ts';

/** Longest wait for a web service's answer, in ms: our choice, webots-server sets none. */
const ANSWER_TIMEOUT = 10_000;

/** Longest part of the answer that is kept, in characters: our choice. */
const MAX_ANSWER = 1_000;

/** The `post` actor of `registrationMachine`. The status is not looked at, as in webots-server. */
export const postRegistration = fromPromise<string, RegistrationInput>(async ({ input, signal }) => {
  const answer = await outwardFetch(input.service, {
    method: 'POST',
    body: new URLSearchParams(input.form),
    signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_TIMEOUT)]),
  });
  return (await answer.text()).slice(0, MAX_ANSWER);
});
