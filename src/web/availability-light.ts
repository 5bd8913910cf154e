import { type Availability, watchAvailability } from '../client/index.ts';
import { byId } from './elements.ts';

const WORDS: Readonly<Record<Availability, string>> = {
  available: 'A simulation can be started',
  unavailable: 'No simulation server is free',
  unknown: 'The session server cannot be reached; trying again…',
};

/** Shows, as long as the page is open, whether a simulation could be started at `session` now. */
export function showAvailability(session: string): void {
  const light = byId('availability', HTMLElement);
  const text = byId('availability-text', HTMLElement);
  watchAvailability(session, (availability) => {
    light.dataset.availability = availability;
    text.textContent = WORDS[availability];
  });
}
