import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** Longest difference in ms between the clocks of two machines of a cluster that is borne: our choice. */
export const CLOCK_DIFFERENCE = 60_000;

/** Name of the scheme in the header `Authorization`. */
const SCHEME = 'Webots-Hub';

/** The whole header; anything else is passed over without a look. */
const HEADER = /^Webots-Hub time=(\d{1,15}), digest=([\da-f]{64}), signature=([\da-f]{64})$/;

/** What is signed of a request: its path as the called server knows it, whatever proxies stand before it. */
export interface SignedCall {
  readonly method: 'GET' | 'POST';
  readonly path: string;
}

/** What a valid signature says. */
export interface Signature {
  /** Time of the day at which it was made, in ms since 1970. */
  readonly time: number;
  /** SHA-256 of the body, in hex. */
  readonly digest: string;
}

/**
 * Signs requests; each has a later time than those before it, unless the clock was set back by more than is borne.
 * Returns the header `Authorization`.
 */
export type Signer = (call: SignedCall, body?: string) => string;

/**
 * Signs requests by a secret that never travels.
 *
 * @param now time of the day in ms since 1970
 */
export function createSigner(secret: string, now: () => number = () => Date.now()): Signer {
  let last = 0;
  return (call, body = '') => {
    const time = now();
    last = time > last || last - time > CLOCK_DIFFERENCE ? time : last + 1;
    const digest = digestOf(body);
    return `${SCHEME} time=${last}, digest=${digest}, signature=${signatureOf(secret, call, last, digest).toString('hex')}`;
  };
}

/**
 * What the signature of a request says, of which the body need not have come yet.
 *
 * @param authorization the header of this name
 * @returns undefined where there is none that was made for this call and with this secret; the time is not looked at
 */
export function readSignature(
  secret: string,
  call: SignedCall,
  authorization: string | undefined,
): Signature | undefined {
  const [, time, digest = '', signature = ''] = HEADER.exec(authorization ?? '') ?? [];
  if (time === undefined) return undefined;
  const expected = signatureOf(secret, call, Number(time), digest);
  return timingSafeEqual(Buffer.from(signature, 'hex'), expected) ? { time: Number(time), digest } : undefined;
}

/** How far the signer's clock is ahead of this machine's, in ms. */
export function clockDifference({ time }: Signature, now = Date.now()): number {
  return time - now;
}

export function isTimely(signature: Signature, now = Date.now()): boolean {
  return Math.abs(clockDifference(signature, now)) <= CLOCK_DIFFERENCE;
}

/** Whether a request without a body comes from who knows the secret, and was made just now. */
export function isSignedNow(secret: string | undefined, call: SignedCall, authorization: string | undefined): boolean {
  const signature = secret === undefined ? undefined : readSignature(secret, call, authorization);
  return signature !== undefined && isTimely(signature) && isSigned(signature, '');
}

/** Whether it is this body that was signed. */
export function isSigned({ digest }: Signature, body: string): boolean {
  return digest === digestOf(body);
}

function digestOf(body: string): string {
  return createHash('sha256').update(body).digest('hex');
}

/** None of the parts has a line end but between them. */
function signatureOf(secret: string, { method, path }: SignedCall, time: number, digest: string): Buffer {
  return createHmac('sha256', secret).update(`${method}\n${path}\n${time}\n${digest}`).digest();
}
