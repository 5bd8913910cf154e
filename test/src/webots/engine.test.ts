import { afterEach, describe, expect, it, vi } from 'vitest';
import { findEngine } from '../../../src/webots/engine.ts';

const CHOICE = { engine: 'embedded', webotsHome: '', bindAddress: '127.0.0.1', projectsDir: '/srv/projects' } as const;
const LAUNCH = {
  worldPath: '/p/worlds/w.wbt',
  projectFolder: '/p',
  mode: 'scene',
  port: 2001,
  sessionId: 'x',
} as const;

describe('the embedded engine', () => {
  it('is told from where it may fetch PROTOs, and where to keep them', async () => {
    const engine = await findEngine({ ...CHOICE, protoHosts: ['a.example', 'b.example:8443'] });

    expect(engine.command(LAUNCH).arguments).toEqual(
      expect.arrayContaining(['--proto-hosts=a.example,b.example:8443', '--proto-cache=/srv/projects-protos']),
    );
  });

  it('is told nothing of the kind where no host is named', async () => {
    const engine = await findEngine({ ...CHOICE, protoHosts: [] });

    expect(engine.command(LAUNCH).arguments.filter((argument) => argument.includes('proto'))).toEqual([]);
  });
});

describe('the environment of engines', () => {
  afterEach(() => void vi.unstubAllEnvs());

  it.each([
    ['HTTPS_PROXY', 'http://user:p@ss/w@proxy.lab:3128', 'http://proxy.lab:3128'],
    ['https_proxy', 'user:password@proxy.lab:3128', 'proxy.lab:3128'],
    ['HTTP_PROXY', 'http://user@[2001:db8::1]:3128/', 'http://[2001:db8::1]:3128/'],
    ['all_proxy', 'socks5h://user:password@proxy.lab', 'socks5h://proxy.lab'],
    ['http_proxy', 'http://proxy.lab:3128', 'http://proxy.lab:3128'],
    ['NO_PROXY', 'localhost,.lab', 'localhost,.lab'],
  ])('has %s without a login', async (name, value, expected) => {
    vi.stubEnv(name, value);
    for (const engine of ['embedded', 'webots'] as const) {
      const { command } = await findEngine({ ...CHOICE, engine, protoHosts: [] });

      expect(command(LAUNCH).environment?.[name]).toBe(expected);
    }
  });
});
