import { join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, it } from 'vitest';
import { configFile, configNames } from '../../../src/config/config-file.ts';
import { loadSessionConfig, sessionConfigFrom } from '../../../src/config/load-config.ts';
import { type ConfigFolder, createConfigFolder } from '../../fixtures/config-folder.ts';

/** By default, proxies on this machine. */
const trustedProxies = ['127.0.0.0/8', '::1'];

const SECRET = 'correct-horse-battery';

let folder: string;
let write: ConfigFolder['write'];

beforeAll(async () => {
  const files = await createConfigFolder();
  ({ path: folder, write } = files);
  return files.remove;
});

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
