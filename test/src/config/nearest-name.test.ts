import { expect, it } from 'vitest';
import { nearestName } from '../../../src/config/nearest-name.ts';

it.each([
  ['allowedRepos', 'allowedRepositories'],
  ['PORT', 'port'],
  ['simulationserver', 'simulationServers'],
  ['keyDir', undefined],
  ['x', undefined],
])('the name meant by %s is %s', (name, meant) => {
  expect(nearestName(name, ['port', 'allowedRepositories', 'simulationServers'])).toBe(meant);
});

it('means nothing where there are no names', () => {
  expect(nearestName('port', [])).toBeUndefined();
});
