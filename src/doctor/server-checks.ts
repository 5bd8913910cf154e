import { X509Certificate } from 'node:crypto';
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { SimulationConfig } from '../config/simulation-config.ts';
import { readCertificate, type TlsFiles } from '../operations/web-server.ts';
import { createTextClient } from '../session/get-text.ts';
import { MAX_LOAD_ANSWER, readLoad } from '../session/probe-load.ts';
import { findEngine } from '../webots/engine.ts';
import { findDisplay, INSTALL_XVFB } from '../webots/find-display.ts';
import { type Check, type Finding, failure, fine, warning } from './finding.ts';
import { openGlFinding } from './opengl-check.ts';
import { isOurs, type Place } from './own-server.ts';

/** Longest wait for an answer of a server, in ms: that of a session server. */
const PATIENCE = 5_000;

/** Days before the end of a certificate from which on it is worth a word: our choice; they are renewed at 30 as a rule. */
const CERTIFICATE_DAYS = 14;
const DAY = 86_400_000;

/** Whether a server's port is free, or the server itself has it. */
export function portCheck(name: string, place: Place): Check {
  const { port, bindAddress } = place;
  const what = `port ${port}`;
  return {
    what,
    async look() {
      const code = await bindError(port, bindAddress);
      if (code === undefined) return [fine(what, `free for the ${name} server`)];
      if (code === 'EADDRINUSE' && (await isOurs(place))) return [fine(what, `a server of webots-hub has it`)];
      const advice =
        code === 'EADDRINUSE'
          ? `\`ss -ltnp 'sport = :${port}'\` names the program that has it; stop that, or change \`port\``
          : 'change `port` or `bindAddress`; ports below 1024 need root';
      return [failure(what, `cannot be used on ${bindAddress}: ${code}`, advice)];
    },
  };
}

function bindError(port: number, host: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ port, host }, () => server.close(() => resolve(undefined)));
  });
}

/** What runs worlds, and whether it can draw. */
export function engineCheck(config: SimulationConfig): Check {
  return {
    what: 'engine',
    async look() {
      const engine = await findEngine(config);
      if (engine.name !== 'webots') {
        return [
          warning(
            'engine',
            engine.description,
            'install Webots and set `webotsHome`, or WEBOTS_HOME, to run controllers',
          ),
        ];
      }
      const choice = await findDisplay(config.display, engine.name, process.env);
      const found = fine('engine', engine.description);
      if (choice.kind === 'given') return [found, fine('display', choice.display), await openGlFinding(choice.display)];
      if (choice.kind === 'own') return [found, fine('display', `of its own, by ${choice.program}`)];
      if (choice.kind === 'missing') return [found, warning('display', 'none: Webots needs one', INSTALL_XVFB)];
      return [found, fine('display', process.env.DISPLAY ?? 'not looked for')];
    },
  };
}

/** Whether ports that browsers need not reach can be reached all the same: Webots listens on all interfaces. */
export function enginePortsCheck(config: SimulationConfig, addresses = publicAddresses()): Check {
  const { port, maxConnections, stream } = config;
  const ports = `${port + 1}–${port + maxConnections}`;
  const what = 'ports of engines';
  return {
    what,
    async look() {
      if (stream === 'direct')
        return [
          warning(
            what,
            `browsers must reach ports ${ports}`,
            'let them through the firewall, or set `stream` to "proxy"',
          ),
        ];
      const { name } = await findEngine(config);
      if (name !== 'webots') return [fine(what, 'this machine alone reaches them')];
      if (addresses.length === 0) return [fine(what, `${ports}; this machine has no address that others reach`)];
      const range = `${port + 1}-${port + maxConnections}`;
      const advice = `close them, e.g. \`ufw deny ${range.replace('-', ':')}/tcp\`, or \`nft add rule inet filter input iifname != lo tcp dport ${range} drop\`; docs/operating.md says how to see that they are`;
      return [warning(what, `Webots opens ${ports} on ${addresses.join(', ')} unless a firewall closes them`, advice)];
    },
  };
}

/** Addresses of this machine that other machines may reach, without those of a link. */
function publicAddresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all.filter(({ internal, address }) => !internal && !/^fe80:/i.test(address)).map(({ address }) => address);
}

export function certificateCheck(files: TlsFiles): Check {
  return {
    what: 'certificate',
    async look() {
      let cert: Buffer;
      try {
        ({ cert } = readCertificate(files));
      } catch (error) {
        return [
          failure('certificate', (error as Error).message, "put both files in place, readable for the server's user"),
        ];
      }
      const { validTo, subject } = new X509Certificate(cert);
      const days = Math.floor((Date.parse(validTo) - Date.now()) / DAY);
      const found = `${subject.replaceAll('\n', ', ')}, until ${validTo}`;
      if (days < 0)
        return [failure('certificate', `${found}: over`, 'renew it; a running server takes the new one by itself')];
      if (days < CERTIFICATE_DAYS)
        return [warning('certificate', `${found}: ${days} days left`, 'see to it that it is renewed')];
      return [fine('certificate', found)];
    },
  };
}

/** Whether a session server reaches one of its simulation servers. */
export function simulationServerCheck(entry: string, isTls: boolean): Check {
  return {
    what: entry,
    async look(): Promise<readonly Finding[]> {
      const client = createTextClient(isTls);
      const url = new URL(`http${isTls ? 's' : ''}://${entry}/load`);
      try {
        const load = readLoad(await client.getText(url, MAX_LOAD_ANSWER, AbortSignal.timeout(PATIENCE)));
        return [fine(entry, `simulation server with a load of ${load.toFixed(1)}%`)];
      } catch (error) {
        const problem = error instanceof Error ? error.message : String(error);
        return [failure(entry, problem, adviceFor(problem, url))];
      } finally {
        client.close();
      }
    },
  };
}

/** What to do where a simulation server, or a proxy before it, did not answer `url` with its load. */
function adviceFor(problem: string, url: URL): string {
  const keys = `mend \`simulationServers\` or \`ssl\`, by which it is asked as ${url}`;
  if (/certificate|altnames/i.test(problem))
    return `trust the authority of the certificate by NODE_EXTRA_CA_CERTS=FILE, for the session server too, and see that it has not ended, and that ${url.hostname} is a name in it`;
  if (/status/i.test(problem)) return `have the proxy lead there (docs/deployment), or ${keys}`;
  return `start it there, let ${url.host} through the firewall, or ${keys}`;
}
