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

  it('is blocked while others listen on all ports that nobody holds, if there are any', async () => {
    const pool = createPortPool(FIRST + 30, 2);
    await pool.take();
    expect(await pool.isBlocked()).toBe(false);
    const other = createServer().listen(FIRST + 31, '127.0.0.1');
    await once(other, 'listening');

    expect(await pool.isBlocked()).toBe(true);

    other.close();
    await once(other, 'close');
    expect(await pool.isBlocked()).toBe(false);
    await pool.take();
    expect(await pool.isBlocked()).toBe(false);
  });

  it('gives a port away while it is looked for free ones', async () => {
    const pool = createPortPool(FIRST + 40, 1);

    const [, port] = await Promise.all([pool.isBlocked(), pool.take(), pool.isBlocked()]);

    expect(port).toBe(FIRST + 40);
  });

  it('gives no port that another process holds, though nobody listens on it yet', async () => {
    const elsewhere = [FIRST + 70];
    const pool = createPortPool(FIRST + 70, 2, () => elsewhere);

    expect(await pool.take()).toBe(FIRST + 71);
    await expect(pool.take()).rejects.toMatchObject({ code: 'noFreePort' });
    elsewhere.pop();
    expect(await pool.take()).toBe(FIRST + 70);
  });

  it('is not blocked while another process holds all ports', async () => {
    const elsewhere = [FIRST + 75, FIRST + 76];
    const pool = createPortPool(FIRST + 75, 2, () => elsewhere);

    expect(await pool.isBlocked()).toBe(false);
    const other = createServer().listen(FIRST + 76, '127.0.0.1');
    await once(other, 'listening');
    elsewhere.pop();
    elsewhere.push(FIRST + 75);
    expect(await pool.isBlocked()).toBe(true);
    other.close();
  });

  it('begins with the last port once it retreats', async () => {
    const pool = createPortPool(FIRST + 80, 3);
    const first = await pool.take();

    pool.retreat();

    expect([first, await pool.take(), await pool.take()]).toEqual([FIRST + 80, FIRST + 82, FIRST + 81]);
  });
});
