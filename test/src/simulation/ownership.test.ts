import { describe, expect, it } from 'vitest';
import { createOwnership } from '../../../src/simulation/ownership.ts';

describe('ownership', () => {
  it('gives back in reverse order, each resource once', async () => {
    const { ownership, log } = recordedOwnership();
    for (const resource of ['folder', 'checkout', 'port'])
      ownership.claim('a', resource, () => void log.push(resource));

    await Promise.all([ownership.releaseAll('a'), ownership.releaseAll('a')]);
    await ownership.releaseAll('a');

    expect(log).toEqual(['port', 'checkout', 'folder']);
    expect(ownership.held()).toEqual(new Map());
  });

  it('lets everybody who asks wait for the same release', async () => {
    const { ownership, log } = recordedOwnership();
    let finish: () => void = () => {};
    ownership.claim(
      'a',
      'engine',
      () =>
        new Promise<void>((resolve) => {
          finish = resolve;
        }),
    );

    const first = ownership.release('a', 'engine').then(() => log.push('first'));
    const second = ownership.release('a', 'engine').then(() => log.push('second'));
    expect(ownership.held()).toEqual(new Map([['a', ['engine']]]));
    finish();
    await Promise.all([first, second]);

    expect(log).toEqual(['first', 'second']);
  });

  it('goes on after a release that fails, and tells', async () => {
    const { ownership, log } = recordedOwnership();
    ownership.claim('a', 'folder', () => void log.push('folder'));
    ownership.claim('a', 'port', () => {
      throw new Error('no');
    });

    await ownership.releaseAll('a');

    expect(log).toEqual(['port of a failed', 'folder']);
  });

  it('keeps what is excepted', async () => {
    const { ownership, log } = recordedOwnership();
    ownership.claim('a', 'socket', () => void log.push('socket'));
    ownership.claim('a', 'port', () => void log.push('port'));

    await ownership.releaseAll('a', ['socket']);

    expect(log).toEqual(['port']);
    expect(ownership.held()).toEqual(new Map([['a', ['socket']]]));
  });

  it('refuses to claim the same resource twice', () => {
    const { ownership } = recordedOwnership();
    ownership.claim('a', 'port', () => {});

    expect(() => ownership.claim('a', 'port', () => {})).toThrow('already holds');
  });

  it('does nothing for who holds nothing', async () => {
    const { ownership } = recordedOwnership();

    await ownership.release('nobody', 'port');
    await ownership.releaseAll('nobody');
  });
});

function recordedOwnership() {
  const log: string[] = [];
  return { log, ownership: createOwnership((owner, resource) => log.push(`${resource} of ${owner} failed`)) };
}
