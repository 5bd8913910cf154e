import { describe, expect, it } from 'vitest';
import { resolveMirror } from '../../../src/projects/mirrors.ts';
import { parseWorldUrl } from '../../../src/projects/world-url.ts';

const world = parseWorldUrl('https://github.com/Owner/Repo/blob/main/a/worlds/w.wbt');

describe('resolveMirror', () => {
  it('leaves a repository where its URL says without a mirror for it', () => {
    expect(resolveMirror(world, {}, '/config')).toEqual({ kind: 'git', url: 'https://github.com/Owner/Repo' });
  });

  it.each([
    ['https://github.com/', 'http://git.example:8080/x/', 'http://git.example:8080/x/Owner/Repo'],
    ['https://github.com', 'https://git.example', 'https://git.example/Owner/Repo'],
    ['https://GITHUB.com/owner', 'https://git.example/other/', 'https://git.example/other/Repo'],
    ['https://github.com/owner/repo.git', 'file:///srv/git/r.git', 'file:///srv/git/r.git'],
  ])('sends %s to the git server %s', (prefix, target, url) => {
    expect(resolveMirror(world, { [prefix]: target }, '/config')).toEqual({ kind: 'git', url });
  });

  it.each([
    ['https://github.com/', 'trees', '/config/trees/Owner/Repo'],
    ['https://github.com/owner/', '../trees/', '/trees/Repo'],
    ['https://github.com/owner/repo', '/srv/tree', '/srv/tree'],
  ])('sends %s to the local folder %s', (prefix, target, path) => {
    expect(resolveMirror(world, { [prefix]: target }, '/config')).toEqual({ kind: 'folder', path });
  });

  it.each([
    ['https://github.com/', 'http://Git.lab:8080/x/', 'http://Git.lab:8080/x/Owner/Repo.git'],
    ['https://github.com/owner/repo', 'https://git.lab/group/project', 'https://git.lab/group/project.git'],
    ['https://github.com/owner/repo', 'https://git.lab/group/project.git/', 'https://git.lab/group/project.git'],
    ['https://github.com/', 'https://gitea.example', 'https://gitea.example/Owner/Repo'],
  ])('sends %s to %s with the ending that the git server wants', (prefix, target, url) => {
    const hosts = { 'git.lab': 'gitlab', 'git.lab:8080': 'gitlab', 'gitea.example': 'gitea' } as const;

    expect(resolveMirror(world, { [prefix]: target }, '/config', hosts)).toEqual({ kind: 'git', url });
  });

  it('takes the longest prefix, whatever the order', () => {
    const mirrors = {
      'https://github.com/': 'https://a.example',
      'https://github.com/Owner/Repo': 'https://c.example',
      'https://github.com/Owner': 'https://b.example',
    };

    expect(resolveMirror(world, mirrors, '/config')).toEqual({ kind: 'git', url: 'https://c.example' });
  });

  it.each([
    'https://github.com/Own',
    'https://github.com/Owner/Rep',
    'https://github.co',
    '',
    'https://github.com/Owner/Repo/x',
  ])('does not take the prefix %j, which is none on whole segments of the repository', (prefix) => {
    expect(resolveMirror(world, { [prefix]: 'https://a.example' }, '/config')).toEqual({
      kind: 'git',
      url: 'https://github.com/Owner/Repo',
    });
  });

  it('takes prefixes of groups for what they are', () => {
    const nested = parseWorldUrl('https://git.lab:8443/Group/Sub/Project/-/blob/main/worlds/w.wbt', {
      'git.lab:8443': 'gitlab',
    });

    expect([
      resolveMirror(nested, {}, '/config'),
      resolveMirror(nested, { 'https://git.lab:8443/group': 'http://inner' }, '/config'),
      resolveMirror(nested, { 'https://git.lab:8443/group/SUB/project.git': 'tree' }, '/config'),
      resolveMirror(nested, { 'https://git.lab/group': 'tree' }, '/config'),
    ]).toEqual([
      { kind: 'git', url: 'https://git.lab:8443/Group/Sub/Project.git' },
      { kind: 'git', url: 'http://inner/Sub/Project' },
      { kind: 'folder', path: '/config/tree' },
      { kind: 'git', url: 'https://git.lab:8443/Group/Sub/Project.git' },
    ]);
  });
});
