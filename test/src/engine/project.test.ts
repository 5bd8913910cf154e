import { mkdir, symlink } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { clientPath, findWorld, listWorlds, projectOf } from '../../../src/engine/project.ts';
import { ProjectFolder } from './fixtures/project-folder.ts';

let folder: ProjectFolder;

beforeEach(async () => {
  folder = await ProjectFolder.create({ 'worlds/b.wbt': '', 'worlds/a.wbt': '' });
});

afterEach(() => folder.remove());

describe('projectOf', () => {
  it('is what holds the folder of worlds, or the folder of a world elsewhere', () => {
    expect(projectOf('/p/worlds/a.wbt')).toEqual({ root: '/p', worlds: '/p/worlds' });
    expect(projectOf('/tmp/a.wbt')).toEqual({ root: '/tmp', worlds: '/tmp' });
    expect(clientPath(projectOf('/p/worlds/a.wbt'), '/p/worlds/a.wbt')).toBe('worlds/a.wbt');
    expect(clientPath(projectOf('/tmp/a.wbt'), '/tmp')).toBe('');
  });
});

describe('listWorlds', () => {
  it('lists worlds by name, without what is hidden, no file, or not to be told apart in a list', async () => {
    for (const name of ['.a.wbt', 'a.jpg', 'c;d.wbt', 'e:f.wbt']) await folder.write(`worlds/${name}`, '');
    await mkdir(folder.at('worlds/folder.wbt'));

    expect(await listWorlds(projectOf(folder.at('worlds/a.wbt')))).toEqual([
      folder.at('worlds/a.wbt'),
      folder.at('worlds/b.wbt'),
    ]);
  });

  it('is empty for a folder that is not there', async () => {
    expect(await listWorlds(projectOf(folder.at('nowhere/worlds/a.wbt')))).toEqual([]);
  });
});

describe('findWorld', () => {
  it('finds a world by its name and nothing outside of the folder of worlds', async () => {
    const outside = await ProjectFolder.create({ 'secret.wbt': '' });
    await symlink(outside.at('secret.wbt'), folder.at('worlds/link.wbt'));
    await folder.write('other.wbt', '');
    const project = projectOf(folder.at('worlds/a.wbt'));
    const names = ['b.wbt', 'none.wbt', 'link.wbt', '../other.wbt', '..\\other.wbt', '', '.', '..', 'a.wbt\0', 'a.jpg'];

    const found = await Promise.all(names.map((name) => findWorld(project, name)));
    await outside.remove();

    expect(found).toEqual([folder.at('worlds/b.wbt'), ...names.slice(1).map(() => undefined)]);
  });
});
