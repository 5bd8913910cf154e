import type { Socket } from 'node:net';

/** Once one side is gone, the other one has so many ms to take what was said to it: our choice. */
const FAREWELL = 2_000;

/** After so many ms of silence the system looks whether the other side is still there: our choice. */
const KEEP_ALIVE = 30_000;

/** Two sockets of which each gets what the other one says. */
export interface JoinedSockets {
  /** Ends both, after what is on its way. */
  end(): void;
}

/**
 * Passes on bytes, as fast as the slower side takes them. Whichever side ends or breaks, the other one gets what is on
 * its way, and ends too.
 *
 * @param onClosed called once both are closed
 * @param open lets through what the far one says, by default from the beginning
 */
export function joinSockets(
  near: Socket,
  far: Socket,
  onClosed: () => void = () => {},
  open: () => void = () => far.pipe(near),
): JoinedSockets {
  const sides = [near, far];
  let farewell: NodeJS.Timeout | undefined;
  const expectEnd = () => {
    farewell ??= setTimeout(() => {
      for (const side of sides) side.destroy();
    }, FAREWELL);
  };
  const end = () => {
    // What is unread would break the connection, and lose what is on its way to the other end.
    for (const side of sides) side.end().resume();
    expectEnd();
  };
  for (const side of sides) {
    side.setNoDelay(true).setKeepAlive(true, KEEP_ALIVE);
    // Followed by 'close'.
    side.on('error', () => {});
    side.once('end', expectEnd).once('close', () => {
      if (!near.closed || !far.closed) return end();
      clearTimeout(farewell);
      onClosed();
    });
  }
  near.pipe(far);
  open();
  return { end };
}
