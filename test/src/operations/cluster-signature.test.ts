import { describe, expect, it } from 'vitest';
import {
  CLOCK_DIFFERENCE,
  createSigner,
  isSigned,
  isSignedNow,
  isTimely,
  readSignature,
} from '../../../src/operations/cluster-signature.ts';

const SECRET = 'correct-horse-battery';
const JOIN = { method: 'POST', path: '/cluster/join' } as const;
const STATUS = { method: 'GET', path: '/status' } as const;

const sign = createSigner(SECRET, () => 1_000);

describe('a signature', () => {
  it('tells when it was made and for which body, and does not hold the secret', () => {
    const header = sign(JOIN, '{"entry":"a:1"}');
    const signature = readSignature(SECRET, JOIN, header)!;

    expect(header).not.toContain(SECRET);
    expect(isSigned(signature, '{"entry":"a:1"}')).toBe(true);
    expect(isSigned(signature, '{"entry":"b:1"}')).toBe(false);
  });

  it('is of no use with another secret, method, path, time or digest, nor where it is cut or longer', () => {
    const header = sign(JOIN);
    const strays = [
      readSignature('another-horse-battery', JOIN, header),
      readSignature(SECRET, { ...JOIN, method: 'GET' }, header),
      readSignature(SECRET, { ...JOIN, path: '/cluster/leave' }, header),
      readSignature(SECRET, JOIN, header.replace(/time=\d/, 'time=9')),
      readSignature(
        SECRET,
        JOIN,
        header.replace(/digest=./, (digits) => (digits === 'digest=0' ? 'digest=1' : 'digest=0')),
      ),
      readSignature(SECRET, JOIN, header.slice(0, -1)),
      readSignature(SECRET, JOIN, `${header}0`),
      readSignature(SECRET, JOIN, `Bearer ${SECRET}`),
      readSignature(SECRET, JOIN, ''),
      readSignature(SECRET, JOIN, undefined),
    ];

    expect(strays).toEqual(Array(10).fill(undefined));
    expect(readSignature(SECRET, JOIN, header)).toBeDefined();
  });

  it('has a later time than those before it, also while the clock stands still or is set back a little', () => {
    let now = 500_000;
    const signer = createSigner(SECRET, () => now);
    const timeOf = () => readSignature(SECRET, JOIN, signer(JOIN))!.time;
    const times = [timeOf(), timeOf()];
    now = 490_000;
    times.push(timeOf());
    // By far: what was signed before was not taken by anybody.
    now = 1_000;
    times.push(timeOf());

    expect(times).toEqual([500_000, 500_001, 500_002, 1_000]);
  });

  it('is timely while the clocks differ by a minute at most', () => {
    const at = (time: number) => ({ time, digest: '' });
    const now = 1_000_000;

    expect(
      [-CLOCK_DIFFERENCE - 1, -CLOCK_DIFFERENCE, 0, CLOCK_DIFFERENCE, CLOCK_DIFFERENCE + 1].map((difference) =>
        isTimely(at(now + difference), now),
      ),
    ).toEqual([false, true, true, true, false]);
  });

  it('lets in who asks without a body, with the secret, now', () => {
    const now = createSigner(SECRET);

    expect(isSignedNow(SECRET, STATUS, now(STATUS))).toBe(true);
    expect(isSignedNow(SECRET, STATUS, sign(STATUS))).toBe(false);
    expect(isSignedNow(SECRET, STATUS, now(JOIN))).toBe(false);
    expect(isSignedNow(SECRET, STATUS, now(STATUS, 'body'))).toBe(false);
    expect(isSignedNow(undefined, STATUS, now(STATUS))).toBe(false);
  });
});
