import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createPortPool } from '../../../src/simulation/port-pool.ts';

const FIRST = 23_300;

describe('port pool', () => {
  it('takes the first port that nobody holds, and again once it is given back', async () => {
    const pool = createPortPool(FIRST, 3);

    expect(await Promise.all([pool.take(), pool.take()])).toEqual([FIRST, FIRST + 1]);
    pool.give(FIRST);

    expect(await pool.take()).toBe(FIRST);
  });

  it.each(['127.0.0.1', '0.0.0.0', '::'])('passes over a port on which another program listens on %s', async (host) => {
    const pool = createPortPool(FIRST + 10, 2);
    const other = createServer().listen(FIRST + 10, host);
    await once(other, 'listening');

    expect(await pool.take()).toBe(FIRST + 11);

    other.close();
  });

  it('says which ports are in use when none is free', async () => {
    const pool = createPortPool(FIRST + 20, 1);
    await pool.take();

    await expect(pool.take()).rejects.toMatchObject({
      code: 'noFreePort',
      message: 'No free port for a simulation between 23320 and 23320.',
    });
    expect([...pool.held]).toEqual([FIRST + 20]);
  });
});
