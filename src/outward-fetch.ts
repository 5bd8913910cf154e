import { BlockList, isIP } from 'node:net';
import type { Dispatcher, WebSocket } from 'undici';

/** By which proxies other machines are reached, as environment variables say. */
export interface Proxies {
  /** URL of the proxy for http; undefined where none is needed. */
  readonly http: string | undefined;
  readonly https: string | undefined;
  /** Hosts that are reached without one, separated by commas or blanks; `*` for all. */
  readonly none: string;
}

/** What is always reached without a proxy. */
const LOOPBACK = ['localhost', '127.0.0.1', '::1'];

/**
 * The proxies that `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` name, in capitals or not; small letters
 * count first, as for curl and git.
 */
export function proxiesOf(environment: NodeJS.ProcessEnv): Proxies {
  const read = (name: string) => environment[name.toLowerCase()] || environment[name] || undefined;
  const url = (name: string) => {
    const text = read(name) ?? read('ALL_PROXY');
    return text === undefined || text.includes('://') ? text : `http://${text}`;
  };
  return { http: url('HTTP_PROXY'), https: url('HTTPS_PROXY'), none: read('NO_PROXY') ?? '' };
}

/**
 * The same as variables for a program or worker of its own, as all of them read them; empty where there is no proxy.
 *
 * This machine is among what is reached without one: curl, and with it git, asks the proxy for it otherwise.
 */
export function proxyVariables(environment: NodeJS.ProcessEnv): Record<string, string> {
  const { http, https, none } = proxiesOf(environment);
  if (http === undefined && https === undefined) return {};
  const hosts = none.trim() === '*' ? '*' : [none, ...LOOPBACK].filter((host) => host !== '').join(',');
  return {
    ...(http !== undefined && { http_proxy: http }),
    ...(https !== undefined && { https_proxy: https }),
    no_proxy: hosts,
    NO_PROXY: hosts,
  };
}

/** The proxy by which `url` is reached, if any; never one for this machine. */
export function proxyFor(url: URL, { http, https, none }: Proxies): string | undefined {
  const proxy = url.protocol === 'https:' || url.protocol === 'wss:' ? https : http;
  if (proxy === undefined) return undefined;
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  const port = url.port || (url.protocol === 'https:' || url.protocol === 'wss:' ? '443' : '80');
  if (LOOPBACK.includes(host) || /^127(?:\.\d+){3}$/.test(host)) return undefined;
  const entries = none.toLowerCase().split(/[\s,]+/);
  return entries.some((entry) => isMeant(entry, host, port)) ? undefined : proxy;
}

/** Whether an entry of `NO_PROXY` means a host: by its name, that of a domain above it, its address, or a range of them. */
function isMeant(entry: string, host: string, port: string): boolean {
  if (entry === '') return false;
  if (entry === '*') return true;
  const [, network = '', length = ''] = /^(.+)\/(\d{1,3})$/.exec(entry) ?? [];
  if (network !== '') return isInside(host, network, Number(length));
  const [, name = entry, only] = isIP(entry) ? [] : (/^(.+?)(?::(\d+))?$/.exec(entry) ?? []);
  const plain = name.replace(/^\[(.*)\]$/, '$1').replace(/^\*?\./, '');
  return (only === undefined || only === port) && (host === plain || (!isIP(host) && host.endsWith(`.${plain}`)));
}

function isInside(host: string, network: string, length: number): boolean {
  const family = isIP(network);
  if (family === 0 || isIP(host) !== family || length > (family === 4 ? 32 : 128)) return false;
  const list = new BlockList();
  list.addSubnet(network, length, family === 4 ? 'ipv4' : 'ipv6');
  return list.check(host, family === 4 ? 'ipv4' : 'ipv6');
}

/** A request as `fetch` takes it, and the variables that name proxies, by default this process's. */
export interface OutwardRequest extends RequestInit {
  readonly environment?: NodeJS.ProcessEnv;
}

/** `fetch`, by the proxy that the environment names for the URL and for each that it is redirected to. */
export async function outwardFetch(url: string | URL, request: OutwardRequest = {}): Promise<Response> {
  const { environment = process.env, ...init } = request;
  const proxies = proxiesOf(environment);
  // Only who has a proxy waits until this is loaded.
  if (proxies.http === undefined && proxies.https === undefined) return fetch(url, init);
  const undici = await import('undici');
  const options = { ...init, dispatcher: await dispatcherFor(proxies) } as Parameters<typeof undici.fetch>[1];
  return (await undici.fetch(url, options)) as unknown as Response;
}

/** Why another machine was not reached, in words: of a `fetch` that failed its cause, of several addresses each. */
export function problemOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (cause instanceof AggregateError && cause.message === '') return cause.errors.map(problemOf).join('; ');
  return cause instanceof Error ? cause.message : String(cause);
}

/** In place of the platform's own. */
export interface OutwardConnections {
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
  readonly WebSocket?: new (url: string) => WebSocket;
}

/**
 * What a client of servers elsewhere is to use in place of the platform's `fetch` and `WebSocket`; nothing where no
 * proxy is set. WebSockets pass through proxies closed, also those without TLS.
 */
export async function outwardConnections(environment = process.env): Promise<OutwardConnections> {
  const proxies = proxiesOf(environment);
  if (proxies.http === undefined && proxies.https === undefined) return {};
  const undici = await import('undici');
  const dispatcher = await dispatcherFor(proxies, true);
  return {
    fetch: (url: string, init: RequestInit) => outwardFetch(url, { ...init, environment }),
    WebSocket: class extends undici.WebSocket {
      constructor(url: string) {
        super(url, { dispatcher });
      }
    },
  };
}

/** Connections that are kept, by the proxies that are used. */
const dispatchers = new Map<string, Dispatcher>();

/**
 * Chooses the proxy for each host; connections with TLS pass through it.
 *
 * @param isTunnel whether those without do, too; else requests are handed to it
 */
async function dispatcherFor(proxies: Proxies, isTunnel = false): Promise<Dispatcher> {
  const { Agent, Pool, ProxyAgent } = await import('undici');
  const key = JSON.stringify([proxies, isTunnel]);
  const dispatcher =
    dispatchers.get(key) ??
    new Agent({
      factory(origin, options) {
        const proxy = proxyFor(new URL(origin), proxies);
        return proxy === undefined ? new Pool(origin, options) : new ProxyAgent({ uri: proxy, proxyTunnel: isTunnel });
      },
    });
  dispatchers.set(key, dispatcher);
  return dispatcher;
}
