import { access, readdir } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { CheckoutHarness, IMPLEMENTATIONS } from '../../fixtures/checkout-harness.ts';

describe.each(IMPLEMENTATIONS)('the %s checkout', (git) => {
  const harness = new CheckoutHarness(git);

  it('removes links that lead out of the project or nowhere, and says so in the log', async () => {
    await harness.server.addRepository('owner/links', [
      {
        branch: 'main',
        files: {
          'p/worlds/w.wbt': 'world',
          'p/inside': { link: 'worlds' },
          'p/chain': { link: 'inside' },
          'p/outside': { link: '../secret' },
          'p/absolute': { link: '/etc' },
          'p/nowhere': { link: 'missing' },
          'p/round': { link: 'round' },
          'p/through': { link: 'absolute/hostname' },
          'secret/x': 'x',
        },
      },
    ]);
    const log: string[] = [];

    const { projectFolder } = await harness.fetch(
      'owner/links/blob/main/p/worlds/w.wbt',
      {},
      { log: (line) => log.push(line) },
    );

    expect((await readdir(projectFolder)).sort()).toEqual(['chain', 'inside', 'worlds']);
    expect(log.map((line) => /^removed (\S+) from/.exec(line)?.[1]).sort()).toEqual([
      'p/absolute',
      'p/nowhere',
      'p/outside',
      'p/round',
      'p/through',
    ]);
  });

  it.each([
    ['the world is a link out of the project', { 'worlds/w.wbt': { link: '/etc/hostname' } }, 'projectUnusable'],
    ['the world is a link to nothing', { 'worlds/w.wbt': { link: 'nothing.wbt' } }, 'projectUnusable'],
    ['the folder of worlds is a link out of the project', { worlds: { link: '..' } }, 'projectUnusable'],
    ['the world is a folder', { 'worlds/w.wbt/x': 'x' }, 'projectUnusable'],
  ] as const)('refuses a project in which %s', async (what, files, code) => {
    const name = `owner/${what.replaceAll(' ', '-')}`;
    await harness.server.addRepository(name, [{ branch: 'main', files }]);

    expect(await harness.failure(`${name}/blob/main/worlds/w.wbt`)).toMatchObject({ code });
  });

  it('takes a world that is a link to another one of the project', async () => {
    const files = { 'worlds/w.wbt': { link: 'real.wbt' }, 'worlds/real.wbt': 'real' };
    await harness.server.addRepository('owner/alias', [{ branch: 'main', files }]);

    const { worldPath, projectFolder } = await harness.fetch('owner/alias/blob/main/worlds/w.wbt');

    expect(worldPath).toBe(path.join(projectFolder, 'worlds', 'w.wbt'));
  });

  it.each([
    ['a folder named .git', (worlds: string) => `040000 tree ${worlds}\t.git\n`],
    ['a folder named ..', (worlds: string) => `040000 tree ${worlds}\t..\n`],
    [
      'a link and a folder of the same name',
      (worlds: string, link: string) => `120000 blob ${link}\tx\n040000 tree ${worlds}\tx\n`,
    ],
  ])('refuses a project with %s, and writes nothing outside', async (_what, entries) => {
    const hostile = await harness.server.addRepository('owner/hostile', [
      { branch: 'main', files: { 'worlds/w.wbt': 'w', 'worlds/escaped': 'x' } },
    ]);
    const worlds = await hostile.git(['rev-parse', 'main:worlds']);
    const link = await hostile.git(['hash-object', '-w', '--stdin'], harness.root);
    const tree = await hostile.git(['mktree'], `040000 tree ${worlds}\tworlds\n${entries(worlds, link)}`);
    await hostile.git(['update-ref', 'refs/heads/main', await hostile.git(['commit-tree', tree, '-m', 'hostile'])]);

    expect(await harness.failure('owner/hostile/blob/main/worlds/w.wbt')).toMatchObject({ code: 'projectUnusable' });
    await expect(access(path.join(harness.root, 'escaped'))).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(access(path.join(harness.folder, 'escaped'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('leaves the folders of submodules empty', async () => {
    const repository = await harness.server.addRepository('owner/modules', [
      {
        branch: 'main',
        files: {
          'p/worlds/w.wbt': 'w',
          '.gitmodules': '[submodule "s"]\n\tpath = p/s\n\turl = https://github.com/owner/modules\n',
        },
      },
    ]);
    const [worlds, modules] = await Promise.all(
      ['p/worlds', '.gitmodules'].map((name) => repository.git(['rev-parse', `main:${name}`])),
    );
    const p = await repository.git(['mktree'], `040000 tree ${worlds}\tworlds\n160000 commit ${'1'.repeat(40)}\ts\n`);
    const tree = await repository.git(['mktree'], `040000 tree ${p}\tp\n100644 blob ${modules}\t.gitmodules\n`);
    await repository.git(['update-ref', 'refs/heads/main', await repository.git(['commit-tree', tree, '-m', 'm'])]);

    const { projectFolder } = await harness.fetch('owner/modules/blob/main/p/worlds/w.wbt');

    expect((await readdir(projectFolder, { recursive: true })).sort()).toEqual(['s', 'worlds', 'worlds/w.wbt']);
  });

  it('runs nothing that a project brings', async () => {
    await harness.server.addRepository('owner/active', [
      {
        branch: 'main',
        files: {
          'worlds/w.wbt': 'w',
          '.gitattributes': '* filter=evil\n',
          '.gitmodules': '[submodule "s"]\n\tpath = s\n\turl = https://github.com/owner/project\n',
          '.gitconfig': '[filter "evil"]\n\tsmudge = touch ran\n',
        },
      },
    ]);

    const { projectFolder } = await harness.fetch('owner/active/blob/main/worlds/w.wbt');

    expect((await readdir(projectFolder)).sort()).toEqual(['.gitattributes', '.gitconfig', '.gitmodules', 'worlds']);
    expect((await readdir(harness.folder)).sort()).toEqual(['active', 'checkout.git']);
  });
});
