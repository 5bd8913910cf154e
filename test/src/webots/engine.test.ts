import { describe, expect, it } from 'vitest';
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
