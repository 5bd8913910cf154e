import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configFile, configNames } from '../../../src/config/config-file.ts';
import {
  loadSessionConfig,
  loadSimulationConfig,
  sessionConfigFrom,
  simulationConfigFrom,
} from '../../../src/config/load-config.ts';

/** By default, proxies on this machine. */
const trustedProxies = ['127.0.0.0/8', '::1'];

const SECRET = 'correct-horse-battery';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'config-'));
});

afterAll(() => rm(folder, { recursive: true }));

describe('loadSessionConfig', () => {
  it('reads the file of a small Python session server', async () => {
    const file = await write('small.json', {
      server: 'robots.example.org',
      port: 1999,
      simulationServers: ['robots.example.org/2000'],
    });

    expect(await loadSessionConfig(file)).toEqual({
      config: {
        server: 'robots.example.org',
        ssl: true,
        port: 1999,
        portRewrite: true,
        simulationServers: ['robots.example.org/2000'],
        mailServerPort: 0,
        logDir: 'log',
        debug: false,
        watchConfig: true,
        bindAddress: '::',
        trustedProxies,
        loadThreshold: 95,
        grantLoad: 5,
        grantTime: 10,
        queueLength: 0,
        queueTimeout: 50,
      },
      warnings: [],
      file,
      folder,
    });
  });

  it('reads the file of a Python session server that uses every key', async () => {
    const values = {
      server: 'robots.example.org',
      ssl: false,
      port: 1999,
      portRewrite: false,
      simulationServers: ['10.0.0.4:2000', '10.0.0.5:2000', '[fd00::6]:2000'],
      administrator: 'ada@example.org',
      mailServer: 'mail.example.org',
      mailServerPort: 587,
      mailSender: 'robots@example.org',
      mailSenderUser: 'robots',
      mailSenderPassword: 'correct horse',
      logDir: 'log/',
      debug: true,
      watchConfig: true,
    };
    const { config, warnings } = await loadSessionConfig(await write('full.json', values));

    expect(config).toEqual({
      ...values,
      bindAddress: '::',
      trustedProxies,
      loadThreshold: 95,
      grantLoad: 5,
      grantTime: 10,
      queueLength: 0,
      queueTimeout: 50,
    });
    expect(warnings).toEqual([]);
  });

  it("takes the command line's port instead of the file's", async () => {
    const file = await write('portless.json', { server: 'localhost', simulationServers: ['localhost:2000'] });

    expect((await loadSessionConfig(file, { port: 8080 })).config.port).toBe(8080);
    await expect(loadSessionConfig(file)).rejects.toThrow(
      'portless.json cannot be used:\n  Expected `port` to be an integer from 1 to 65535, got nothing',
    );
  });

  it('names the file and all problems, one a line', async () => {
    const file = await write('wrong.json', {
      port: 70_000,
      ssl: 'yes',
      simulationServers: ['http://localhost:2000', 'localhost:70000', 7],
      mailSenderPassword: 12_345,
      loadThreshold: 0,
      bindAddress: 'here',
    });

    await expect(loadSessionConfig(file)).rejects.toMatchObject({
      code: 'configurationInvalid',
      message: [
        `${file} cannot be used:`,
        'Expected `ssl` to be true or false, got "yes"',
        'Expected `port` to be an integer from 1 to 65535, got 70000',
        'Expected `simulationServers[0]` to be "host:port", or "host/port" behind a proxy, without a scheme, got "http://localhost:2000"',
        'Expected `simulationServers[1]` to be "host:port", or "host/port" behind a proxy, without a scheme, got "localhost:70000"',
        'Expected `simulationServers[2]` to be "host:port", or "host/port" behind a proxy, without a scheme, got 7',
        'Expected `mailSenderPassword` to be a password, got a value of type number',
        'Expected `bindAddress` to be an IP address of this machine, such as "127.0.0.1" or "::", got "here"',
        'Expected `loadThreshold` to be a number from 1 to 100, got 0',
      ].join('\n  '),
    });
  });

  it('says in which line and column the file is no JSON', async () => {
    const file = await write('trailing.json', '{\n  "port": 1999,\n}\n');

    await expect(loadSessionConfig(file)).rejects.toMatchObject({
      code: 'configurationInvalid',
      message: `${file} is no JSON: Expected a key in double quotes, got "}" in line 3, column 1.`,
    });
  });

  it.each(['[]', 'null', '"port"', '7'])('refuses a file that holds %s', async (text) => {
    const file = await write('no-object.json', text);

    await expect(loadSessionConfig(file)).rejects.toThrow('Expected a JSON object');
  });

  it('refuses a file that is larger than any configuration', async () => {
    const file = await write('huge.json', `{}${' '.repeat(1_048_576)}`);

    await expect(loadSessionConfig(file)).rejects.toThrow('expected at most 1048576 bytes, got 1048578');
  });

  it('names a number that is too large for what it is', async () => {
    const file = await write('large.json', '{ "port": 1e400, "loadThreshold": -1e400, "simulationServers": ["a"] }');

    await expect(loadSessionConfig(file)).rejects.toThrow(
      /Expected `port` to be .*, got a number that is too large\n.*`loadThreshold` .*, got a number that is too large$/,
    );
  });

  it('refuses what is no file at once: a pipe, into which nobody writes, a device and a folder', async () => {
    const pipe = join(folder, 'pipe.json');
    await execa('mkfifo', [pipe]);

    const message = (file: string, kind: string) => `${file} cannot be read: expected a file, got ${kind}.`;
    await expect(loadSessionConfig(pipe)).rejects.toThrow(message(pipe, 'a pipe'));
    await expect(loadSessionConfig('/dev/zero')).rejects.toThrow(message('/dev/zero', 'a device'));
    await expect(loadSessionConfig(folder)).rejects.toThrow(message(folder, 'a folder'));
  });

  it('refuses a file that is not there', async () => {
    await expect(loadSessionConfig(join(folder, 'none.json'))).rejects.toMatchObject({
      code: 'configurationInvalid',
      message: `${join(folder, 'none.json')} cannot be read: there is no such file.`,
    });
  });

  it('lists the names there are where a name is unknown', async () => {
    await expect(loadSessionConfig(configFile('session', 'moon'))).rejects.toThrow(
      `moon.json cannot be read: there is no such file. In this folder there are: ${configNames('session').join(', ')}.`,
    );
  });

  it('warns of a key that is given twice, and takes the last value', async () => {
    const file = await write(
      'twice.json',
      '\uFEFF{\n  "server": "localhost",\n  "port": 1,\n  "port": 2, "simulationServers": ["a"]\n}',
    );
    const { config, warnings } = await loadSessionConfig(file);

    expect(config.port).toBe(2);
    expect(warnings).toEqual(['`port` is given again in line 4, column 3; the last value counts']);
  });
});

describe('sessionConfigFrom', () => {
  const values = { server: 'localhost', port: 1999, simulationServers: ['localhost:2000'] };

  it('warns of unknown keys, and names the nearest known one', () => {
    expect(
      sessionConfigFrom({ ...values, loadTreshold: 90, keyDir: 'keys', webotsHome: '/', __proto: 1 }).warnings,
    ).toEqual([
      'Unknown key `loadTreshold` has no effect. Did you mean `loadThreshold`?',
      'Unknown key `keyDir` has no effect',
      '`webotsHome` is a key of the simulation server and has no effect',
      'Unknown key `__proto` has no effect',
    ]);
  });

  it('warns of a server without a name, which is localhost', () => {
    const { server: _, ...rest } = values;
    const { config, warnings } = sessionConfigFrom(rest);

    expect(config).toMatchObject({ server: 'localhost', bindAddress: '127.0.0.1' });
    expect(warnings).toEqual(['`server` is missing; "localhost" is used, which only this machine can reach']);
  });

  it('warns of an administrator who can get no mail', () => {
    expect(sessionConfigFrom({ ...values, administrator: 'ada@example.org', mailServer: 'mail' }).warnings).toEqual([
      '`administrator` has no effect without `mailServer` and `mailSender`: no mail will be sent',
    ]);
  });

  it('needs no simulation servers where they may join, and else says how they get there', () => {
    const { simulationServers: _, ...rest } = values;

    expect(sessionConfigFrom({ ...rest, clusterSecret: SECRET }).config).toMatchObject({
      simulationServers: [],
      clusterSecret: SECRET,
    });
    expect(() => sessionConfigFrom({ ...rest, simulationServers: [] })).toThrow(
      'Expected `simulationServers` to be a list of at least one simulation server, or `clusterSecret` by which they join, got neither',
    );
  });

  it('takes the secret of the cluster from the environment where the file has none, and shows none', () => {
    const environment = { WEBOTS_HUB_CLUSTER_SECRET: SECRET };

    expect(sessionConfigFrom(values, { environment }).config.clusterSecret).toBe(SECRET);
    expect(sessionConfigFrom({ ...values, clusterSecret: `${SECRET}2` }, { environment }).config.clusterSecret).toBe(
      `${SECRET}2`,
    );
    expect(() => sessionConfigFrom(values, { environment: { WEBOTS_HUB_CLUSTER_SECRET: 'short' } })).toThrow(
      'Expected `clusterSecret` to be a text of at least 16 letters, digits and signs, without spaces, got a value of type string',
    );
  });

  it('counts a simulation server that is listed twice once', () => {
    const { config, warnings } = sessionConfigFrom({ ...values, simulationServers: ['a:1', 'b:1', 'A:1'] });

    expect(config.simulationServers).toEqual(['a:1', 'b:1']);
    expect(warnings).toEqual(['`simulationServers` names a server twice; it counts once']);
  });

  it.each(['grantLoad', 'grantTime'])('warns of a line without %s', (key) => {
    expect(sessionConfigFrom({ ...values, queueLength: 5, [key]: 0 }).warnings).toEqual([
      '`queueLength` without `grantLoad` and `grantTime`: all who wait are sent to the first server with room',
    ]);
    expect(sessionConfigFrom({ ...values, queueLength: 5 }).warnings).toEqual([]);
  });

  it('listens where bindAddress says', () => {
    expect(sessionConfigFrom({ ...values, bindAddress: '0.0.0.0' }).config.bindAddress).toBe('0.0.0.0');
  });
});

describe('loadSimulationConfig', () => {
  it('reads the file of a Python simulation server that uses every key', async () => {
    const values = {
      server: 'robots.example.org',
      ssl: true,
      port: 3000,
      portRewrite: true,
      docker: false,
      allowedRepositories: ['https://github.com/example', 'https://github.com/cyberbotics/webots-projects/blob/main'],
      blockedRepositories: ['https://github.com/evil'],
      shareIdleTime: 0,
      notify: 'https://webots.cloud/ajax/server/setup.php',
      projectsDir: '/srv/projects',
      webotsHome: '/usr/local/webots',
      maxConnections: 12,
      logDir: 'log/',
      monitorLogEnabled: true,
      debug: false,
      watchConfig: true,
      timeout: 3600,
      title: 'Robots',
      description: 'A machine in <b>Lausanne</b>',
      persistantDockerImages: ['cyberbotics/webots.cloud:R2023b-ubuntu22.04'],
    };
    const file = await write('full-simulation.json', values);

    expect(await loadSimulationConfig(file)).toEqual({
      config: {
        ...values,
        notify: ['https://webots.cloud/ajax/server/setup.php'],
        bindAddress: '::',
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
      warnings: [],
      file,
      folder,
    });
  });

  it('finds the folders of mirrors from the file, and leaves URLs alone', async () => {
    await mkdir(join(folder, 'worlds'), { recursive: true });
    const mirrors = { 'https://github.com/a/b': '../worlds', 'https://github.com': 'https://git.example.org/github' };
    const file = await write('nested/mirrors.json', { server: 'localhost', mirrors });

    expect((await loadSimulationConfig(file)).config.mirrors).toEqual({
      'https://github.com/a/b': join(folder, 'worlds'),
      'https://github.com': 'https://git.example.org/github',
    });
  });

  it('finds the files of tokens from the file, by variables, and leaves names of variables alone', async () => {
    const [prefix, other] = ['https://github.com/school', 'http://localhost:3000/git'];
    const credentials = [
      { prefix, tokenFile: '../secrets/token', user: 'ada' },
      { prefix: other, tokenEnv: 'GIT_TOKEN' },
    ];
    const file = await write('nested/credentials.json', { server: 'localhost', credentials });

    expect((await loadSimulationConfig(file)).config.credentials).toEqual([
      { prefix, tokenFile: join(folder, 'secrets/token'), user: 'ada' },
      { prefix: other, tokenEnv: 'GIT_TOKEN' },
    ]);
  });

  it('refuses a mirror whose folder is not there', async () => {
    const file = await write('no-mirror.json', { mirrors: { 'https://github.com/a': './none' } });

    await expect(loadSimulationConfig(file)).rejects.toThrow(
      `Expected \`mirrors["https://github.com/a"]\` to be a URL or an existing folder, got ${join(folder, 'none')}`,
    );
  });
});

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

describe('configFile', () => {
  it("is the role's file of that name in this package, wherever the program was started", () => {
    const folderOfConfigs = fileURLToPath(new URL('../../../config', import.meta.url));

    expect(configFile('session')).toBe(join(folderOfConfigs, 'session', 'local.json'));
    expect(configFile('simulation', 'docs')).toBe(join(folderOfConfigs, 'simulation', 'docs.json'));
  });

  it('is a file relative to the current folder where it looks like one', () => {
    expect(configFile('session', 'lab.json')).toBe(resolve('lab.json'));
    expect(configFile('session', '../lab')).toBe(resolve('../lab'));
    expect(configFile('session', '/etc/hub')).toBe('/etc/hub');
  });
});

describe('the configurations of this package', () => {
  it.each(configNames('session'))('session/%s.json is accepted without a warning', async (name) => {
    expect((await loadSessionConfig(configFile('session', name))).warnings).toEqual([]);
  });

  it.each(configNames('simulation'))('simulation/%s.json is accepted without a warning', async (name) => {
    expect((await loadSimulationConfig(configFile('simulation', name))).warnings).toEqual([]);
  });

  it('local.json of both roles find each other, on this machine only', async () => {
    const session = await loadSessionConfig(configFile('session'));
    const simulation = await loadSimulationConfig(configFile('simulation'));

    expect(session.config.simulationServers).toEqual([`${simulation.config.server}:${simulation.config.port}`]);
    expect([session.config.bindAddress, simulation.config.bindAddress]).toEqual(['127.0.0.1', '127.0.0.1']);
  });
});

async function write(name: string, content: object | string): Promise<string> {
  const file = join(folder, name);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content, null, 2));
  return file;
}
