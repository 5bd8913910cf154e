import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { simulationConfigFrom } from '../../../src/config/load-config.ts';

/** By default, proxies on this machine. */
const trustedProxies = ['127.0.0.0/8', '::1'];

const SECRET = 'correct-horse-battery';

describe('simulationConfigFrom', () => {
  const values = { server: 'localhost' };

  const direct = { ...values, ssl: false, portRewrite: false };
  const PROXIED =
    '`ssl` and `portRewrite` are true and `server` is localhost: no client reaches a simulation unless a proxy here serves it';

  it('takes session servers to join, each once, only with a secret, and only such addresses', () => {
    const url = 'http://localhost:1999';
    const sessionServers = [url, 'https://hub.example.org/1999', url];
    const config = (changes: object) => simulationConfigFrom({ ...direct, ...changes }).config;

    expect(config({ sessionServers: [url, url], clusterSecret: SECRET }).sessionServers).toEqual([url]);
    expect(() => config({ sessionServers })).toThrow(
      'Expected `clusterSecret` where `sessionServers` is given, got nothing',
    );
    for (const wrong of ['localhost:1999', 'ws://localhost', 'http://user:pass@localhost', 'http://localhost/?x']) {
      expect(() => config({ sessionServers: [wrong], clusterSecret: SECRET })).toThrow(
        'Expected `sessionServers[0]` to be a URL that starts with "https://" or "http://", without credentials or query',
      );
    }
    expect(() => config({ sessionServers: Array(11).fill(url), clusterSecret: SECRET })).toThrow(
      'Expected `sessionServers` to be a list of at most 10 URLs',
    );
  });

  it('warns of a session server elsewhere that is told of localhost', () => {
    const warningsOf = (server: string, url: string) =>
      simulationConfigFrom({ ...direct, server, sessionServers: [url], clusterSecret: SECRET }).warnings;

    expect(warningsOf('localhost', 'https://hub.example.org/1999')).toEqual([
      '`server` is localhost: https://hub.example.org/1999 will look for this server on its own machine; give its name there',
    ]);
    expect(warningsOf('localhost', 'http://127.0.0.1:1999')).toEqual([]);
    expect(warningsOf('lab1.example.org', 'https://hub.example.org/1999')).toEqual([]);
  });

  it.each([
    [{}, [PROXIED]],
    [{ ssl: false }, [PROXIED.replace('`ssl` and `portRewrite` are', '`portRewrite` is')]],
    [{ portRewrite: false }, [PROXIED.replace('`ssl` and `portRewrite` are', '`ssl` is')]],
    [{ ssl: false, portRewrite: false }, []],
    [{ portRewrite: false, tls: { cert: 'cert.pem', key: 'key.pem' } }, []],
    [{ server: 'robots.example.org' }, []],
  ])('warns of addresses that no client reaches: %j', (changes, warnings) => {
    expect(simulationConfigFrom({ ...values, ...changes }).warnings).toEqual(warnings);
  });

  it('fills in everything but the server', () => {
    expect(simulationConfigFrom(values, { environment: {} })).toEqual({
      config: {
        server: 'localhost',
        ssl: true,
        port: 2000,
        portRewrite: true,
        docker: false,
        allowedRepositories: [],
        blockedRepositories: [],
        shareIdleTime: 50,
        notify: [],
        projectsDir: join(tmpdir(), `webots-hub-${process.getuid?.() ?? 0}`, '2000'),
        webotsHome: '/usr/bin/webots',
        maxConnections: 100,
        logDir: 'log',
        monitorLogEnabled: true,
        debug: false,
        watchConfig: true,
        timeout: 7200,
        title: '',
        description: '',
        persistantDockerImages: [],
        bindAddress: '127.0.0.1',
        trustedProxies,
        mirrors: {},
        hosts: {},
        credentials: [],
        git: 'auto',
        engine: 'auto',
        checkoutTimeout: 120,
        maxProjectSize: 2048,
        sessionServers: [],
        monitor: 'public',
        startTimeout: 60,
        stream: 'proxy',
        heartbeatTimeout: 30,
        display: 'auto',
        killGrace: 5,
        protoHosts: [],
        drainTimeout: 0,
        pingInterval: 15,
        queueLength: 0,
        queueTimeout: 600,
        maxSessionsPerAddress: 0,
        maxSessionsPerRepository: 0,
      },
      warnings: [PROXIED],
    });
  });

  it('takes a host name with the port of a proxy, and none where there is no proxy that rewrites ports', () => {
    expect(simulationConfigFrom({ server: 'hub.example.org:8443' })).toMatchObject({
      config: { server: 'hub.example.org:8443' },
      warnings: [],
    });
    expect(() => simulationConfigFrom({ ...direct, server: 'hub.example.org:8443' })).toThrow(
      'Expected `server` to be a host name without a port where `portRewrite` is false, got "hub.example.org:8443"',
    );
    expect(() => simulationConfigFrom({ server: 'hub.example.org:70000' })).toThrow(
      'Expected `server` to be a host name',
    );
  });

  it('takes addresses and ranges as trusted proxies, and nothing else', () => {
    const ranges = ['192.0.2.7', '192.0.2.0/24', '0.0.0.0/0', '::1', '2001:db8::/128'];
    expect(simulationConfigFrom({ ...direct, trustedProxies: ranges }).config.trustedProxies).toEqual(ranges);
    expect(simulationConfigFrom({ ...direct, trustedProxies: [] }).config.trustedProxies).toEqual([]);

    for (const wrong of ['localhost', '192.0.2.0/33', '::/129', '192.0.2.0/', '192.0.2.0/8/8', '192.0.2', '/8', '']) {
      expect(() => simulationConfigFrom({ ...direct, trustedProxies: [wrong] })).toThrow(
        `Expected \`trustedProxies[0]\` to be an IP address or a range of them, such as "192.0.2.7" or "192.0.2.0/24", got ${JSON.stringify(wrong)}`,
      );
    }
  });

  it.each([359, 0, -1])('replaces a timeout of %i s by 7200 s, and says so', (timeout) => {
    const { config, warnings } = simulationConfigFrom({ ...direct, timeout });

    expect(config.timeout).toBe(7200);
    expect(warnings).toEqual([`\`timeout\` is ${timeout} s; less than 360 s is replaced by 7200 s`]);
  });

  it.each(['https://a.example', 'a.example/b', 'a,b', ''])('refuses %j as a host of PROTOs', (entry) => {
    expect(() => simulationConfigFrom({ ...direct, protoHosts: ['a.example', 'b.example:8443', entry] })).toThrow(
      'to be a host name, or "host:port", without a scheme or path',
    );
  });

  it('keeps a timeout of 360 s', () => {
    expect(simulationConfigFrom({ ...direct, timeout: 360 })).toMatchObject({ config: { timeout: 360 }, warnings: [] });
  });

  it('looks for Webots where the file says, else where WEBOTS_HOME says', () => {
    const environment = { WEBOTS_HOME: '/opt/webots', HOME: '/home/ada' };

    expect(simulationConfigFrom(values, { environment }).config.webotsHome).toBe('/opt/webots');
    expect(simulationConfigFrom({ ...values, webotsHome: '~/webots' }, { environment }).config.webotsHome).toBe(
      '/home/ada/webots',
    );
  });

  it('says of a path which variable the environment does not have', () => {
    const paths = { projectsDir: '$STATE_DIRECTORY/projects', webotsHome: '$OPT/webots' };

    const { warnings } = simulationConfigFrom({ ...values, ...paths }, { environment: { OPT: '/opt' } });

    expect(warnings.filter((text) => text.includes('variable'))).toEqual([
      '`projectsDir`: the environment has no variable STATE_DIRECTORY, so $STATE_DIRECTORY/projects is taken as it stands',
    ]);
  });

  it('refuses a token that could be guessed, and does not show it', () => {
    for (const adminToken of ['', 'short', 'with spaces in the middle']) {
      expect(() => simulationConfigFrom({ ...values, adminToken })).toThrow(
        'Expected `adminToken` to be a text of at least 16 letters, digits and signs, without spaces, got a',
      );
    }
    expect(simulationConfigFrom({ ...values, adminToken: 'correct-horse-battery' }).config.adminToken).toBe(
      'correct-horse-battery',
    );
  });

  it('says that containers are not supported yet', () => {
    expect(() => simulationConfigFrom({ ...values, docker: true })).toThrow(
      'Expected `docker` to be false, because containers are not supported yet, got true',
    );
  });

  it.each([
    [{ git: 'Native' }, 'Expected `git` to be one of "auto", "native", "builtin", got "Native"'],
    [
      { server: 'http://localhost' },
      'Expected `server` to be a host name without scheme or path, with a port only where `portRewrite` is true, got "http://localhost"',
    ],
    [{ notify: 7 }, 'Expected `notify` to be a URL, or a list of URLs, got 7'],
    [
      { allowedRepositories: 'https://github.com' },
      'Expected `allowedRepositories` to be a list of URLs, got "https://github.com"',
    ],
    [{ mirrors: { x: '/' } }, 'Expected the key in `mirrors.x` to be a URL that starts with "https://" or "http://"'],
    [
      { credentials: [{ prefix: 'https://github.com', token: 'ghp_secret' }] },
      'Expected `credentials[0].token` to be left out, because configurations are read by many: name a file in "tokenFile" or a variable in "tokenEnv", got a value of type string',
    ],
    [
      { credentials: [{ prefix: 'https://github.com' }] },
      'Expected `credentials[0]` to be an object with "prefix" and either "tokenFile" or "tokenEnv", got a value of type object',
    ],
    [
      { credentials: [{ prefix: 'http://git.example.org', tokenEnv: 'TOKEN' }] },
      'Expected `credentials[0].prefix` to be a URL with https, or http on this machine, without user, query and fragment, got a value of type string',
    ],
    [
      { hosts: { 'gitlab.com': 'svn' } },
      'Expected `hosts["gitlab.com"]` to be one of "github", "gitlab", "gitea", got "svn"',
    ],
    [
      { hosts: { 'https://gitlab.com': 'gitlab' } },
      'Expected the key in `hosts["https://gitlab.com"]` to be a host name, perhaps with a port, without scheme or path',
    ],
    [{ hosts: { 'GitHub.com': 'gitea' } }, 'Expected `hosts["github.com"]` to be "github", got "gitea"'],
    [{ timeout: 1e10 }, 'Expected `timeout` to be a whole number of seconds, at most 2147483, got 10000000000'],
    [{ port: 65_500 }, 'Expected `port` + `maxConnections` to be at most 65535, got 65500 + 100'],
    [{ title: null }, 'Expected `title` to be a text, got null'],
    [{ title: Array(99).fill(1) }, `Expected \`title\` to be a text, got [${'1,'.repeat(39)}1…`],
  ])('refuses %j', (wrong, problem) => {
    expect(() => simulationConfigFrom({ ...values, ...wrong })).toThrow(
      `The configuration cannot be used:\n  ${problem}`,
    );
  });
});
