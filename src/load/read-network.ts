import { readFile } from 'node:fs/promises';

/** Bytes of all interfaces but loopback since the machine's start. */
export interface NetworkTotals {
  readonly sent: number;
  readonly received: number;
}

/** MB a second. */
export interface NetworkRates {
  readonly networkSent: number;
  readonly networkReceived: number;
}

const BYTES_IN_MB = 1e6;

/** @returns a function that gives the rates since its last call; 0 at the first one, and where there is no `/proc` */
export function networkReader(): () => Promise<NetworkRates> {
  let last: (NetworkTotals & { readonly at: number }) | undefined;
  return async () => {
    const text = await readFile('/proc/net/dev', 'latin1').catch(() => '');
    const now = { ...readNetworkTable(text), at: performance.now() };
    const before = last ?? now;
    last = now;
    const seconds = (now.at - before.at) / 1_000;
    const rate = (bytes: number) => (seconds > 0 ? Math.max(0, bytes) / seconds / BYTES_IN_MB : 0);
    return { networkSent: rate(now.sent - before.sent), networkReceived: rate(now.received - before.received) };
  };
}

/** Reads `/proc/net/dev`, see proc(5): after two lines of headings one line an interface. */
export function readNetworkTable(text: string): NetworkTotals {
  let sent = 0;
  let received = 0;
  for (const line of text.split('\n').slice(2)) {
    const [name = '', values = ''] = line.split(':');
    if (name.trim() === 'lo' || values === '') continue;
    const fields = values.trim().split(/\s+/).map(Number);
    received += fields[0] ?? 0;
    sent += fields[8] ?? 0;
  }
  return { sent, received };
}
