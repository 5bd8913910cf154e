import { CLOCK_DIFFERENCE } from '../operations/cluster-signature.ts';
import { outwardFetch } from '../outward-fetch.ts';
import { type Check, fine, warning } from './finding.ts';

/** Longest wait for an answer, in ms: our choice. */
const PATIENCE = 15_000;

/** Whether the clock is right, by that of a server. @param url what answers there does not matter */
export function clockCheck(url: string): Check {
  const what = 'clock';
  return {
    what,
    async look() {
      const { host } = new URL(url);
      const asked = Date.now();
      const answer = await outwardFetch(url, {
        method: 'HEAD',
        redirect: 'manual',
        signal: AbortSignal.timeout(PATIENCE),
      }).catch(() => undefined);
      const told = Date.parse(answer?.headers.get('date') ?? '');
      if (Number.isNaN(told)) return [fine(what, `not compared: ${host} tells no time`)];
      const difference = (asked + Date.now()) / 2 - told;
      const seconds = Math.round(Math.abs(difference) / 1000);
      const found = `${seconds} s ${difference < 0 ? 'behind' : 'ahead of'} ${host}`;
      if (Math.abs(difference) <= CLOCK_DIFFERENCE) return [fine(what, found)];
      const advice =
        'set it, e.g. `timedatectl set-ntp true`: session servers refuse to be joined, certificates seem over';
      return [warning(what, found, advice)];
    },
  };
}
