import { expect, it, vi } from 'vitest';
import { frame, rawWebSocket } from '../fixtures/raw-client.ts';
import { startSimulationServer } from '../fixtures/simulation-server.ts';

/** An opcode that RFC 6455 reserves. */
const RESERVED = 3;

it('ends the session of a client that sends a malformed frame and keeps its connection open', async () => {
  await using server = await startSimulationServer();
  const client = await rawWebSocket(Number(new URL(server.url).port), '/client');
  await vi.waitFor(() => expect(server.role.sessionCount()).toBe(1));

  client.socket.write(frame(RESERVED, Buffer.from('x')));
  await client.ended;

  await server.nothingLeft();
  expect(server.log).toContainEqual(
    expect.objectContaining({ message: 'client session ended', reason: 'clientMisbehaved' }),
  );
  // A close frame with 1002, protocol error.
  expect(client.received()).toContain(String.fromCharCode(0x88, 0x02, 0x03, 0xea));
  client.socket.destroy();
});
