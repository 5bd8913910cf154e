import { fromPromise } from 'xstate';
import type { RegistrationInput } from '../../machines/registration.ts';
import { outwardFetch, problemOf } from '../outward-fetch.ts';

/** Longest wait for a web service's answer, in ms: our choice, webots-server sets none. */
const ANSWER_TIMEOUT = 10_000;

/** Longest part of the answer that is kept, in characters: our choice. */
const MAX_ANSWER = 1_000;

/** From this status on, the service has failed, and may take the same later (RFC 9110, 15.6). */
const FIRST_FAILURE = 500;

/**
 * The `post` actor of `registrationMachine`. Rejects where the service cannot be reached or has failed. Any other status
 * is an answer, as each is in webots-server: webots.cloud refuses in words.
 */
export const postRegistration = fromPromise<string, RegistrationInput>(async ({ input, signal }) => {
  const answer = await outwardFetch(input.service, {
    method: 'POST',
    body: new URLSearchParams(input.form),
    signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_TIMEOUT)]),
  }).catch((error: unknown) => {
    throw new Error(problemOf(error));
  });
  const text = (await answer.text()).slice(0, MAX_ANSWER);
  if (answer.status >= FIRST_FAILURE) throw new Error(`Expected a status below ${FIRST_FAILURE}, got ${answer.status}`);
  return text;
});
