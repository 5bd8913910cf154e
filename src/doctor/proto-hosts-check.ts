import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { proxiesOf, proxyFor } from '../outward-fetch.ts';
import { type Check, fine, warning } from './finding.ts';

/**
 * Whether the embedded engine has a way to a host of `protoHosts`: it looks the name up itself, also where a proxy is
 * used, whose login it is not given.
 *
 * @param host with a port where it has one
 */
export function protoHostCheck(host: string, environment = process.env): Check {
  const what = `PROTOs of ${host}`;
  const advice = 'docs/embedded-engine.md says how the engine fetches; until then boxes stand for these PROTOs';
  return {
    what,
    async look() {
      const url = new URL(`https://${host}`);
      const proxy = proxyFor(url, proxiesOf(environment));
      if (proxy !== undefined && new URL(proxy).username !== '') {
        return [warning(what, 'the proxy asks for a login, which engines do not get', advice)];
      }
      const name = url.hostname.replace(/^\[(.*)\]$/, '$1');
      try {
        if (isIP(name) === 0) await lookup(name);
      } catch (error) {
        return [warning(what, `this machine does not know its address: ${(error as Error).message}`, advice)];
      }
      return [fine(what, proxy === undefined ? 'its address is known' : `its address is known; asked by ${proxy}`)];
    },
  };
}
