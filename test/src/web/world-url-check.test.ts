import { describe, expect, it } from 'vitest';
import { worldUrlProblem } from '../../../src/web/world-url-check.ts';

describe('worldUrlProblem', () => {
  it.each([
    'https://github.com/o/r/blob/main/worlds/w.wbt',
    ' https://github.com/o/r/tree/main/worlds/w.wbt ',
    'https://github.com/o/r/blob/feature/arm/projects/demo/worlds/my%20world.wbt',
    'https://github.com/o/r/raw/refs/heads/main/worlds/w.wbt',
    'https://gitlab.com/group/sub/project/-/blob/main/worlds/w.wbt?ref_type=heads',
    'https://codeberg.org/o/r/src/branch/feature/arm/demo/worlds/w.wbt',
    'https://git.example.org:3000/o/r/raw/commit/0123456789012345678901234567890123456789/worlds/w.wbt',
  ])('finds nothing wrong with %s', (url) => {
    expect(worldUrlProblem(url)).toBeUndefined();
  });

  it.each([
    ['', 'Expected the address of a world, such as https://github.com/OWNER/REPOSITORY/blob/BRANCH/worlds/NAME.wbt.'],
    ['http://github.com/o', 'Host: expected the address to begin with https://github.com/, got “http://github.com/o”.'],
    ['https://github.com/', 'Owner: expected the name of a user or an organisation, got “”.'],
    ['https://github.com/-o', 'Owner: expected the name of a user or an organisation, got “-o”.'],
    ['https://github.com/o/', 'Repository: expected a name, got “”.'],
    ['https://github.com/o/r', 'After the repository: expected “blob” or “tree”, got “”.'],
    ['https://github.com/o/r/commit/x', 'After the repository: expected “blob” or “tree”, got “commit”.'],
    ['https://github.com/o/r/blob/', 'Branch: expected the name of a branch or tag, got “”.'],
    ['https://github.com/o/r/blob/main/a//worlds/w.wbt', 'Folder: expected a name between two slashes, got “”.'],
    ['https://github.com/o/r/blob/main/../worlds/w.wbt', 'Folder: expected a name between two slashes, got “..”.'],
    ['https://github.com/o/r/blob/main/w.wbt', 'Folder: expected “worlds/” before the name of the world, got “”.'],
    [
      'https://github.com/o/r/blob/main/world/w.wbt',
      'Folder: expected “worlds/” before the name of the world, got “world”.',
    ],
    [
      'https://github.com/o/r/blob/main/worlds/w.proto',
      'World: expected a file name that ends with .wbt, got “w.proto”.',
    ],
    [
      'https://github.com/o/r/blob/main/worlds/w.wbt?x',
      'End: expected nothing after the name of the world, got “?” or “#”.',
    ],
    ['https://gitlab.com/g/p', 'After the repository: expected “-/blob” (GitLab) or “src/branch” (Gitea, Forgejo).'],
    [
      'https://codeberg.org/o/r/src/branch/main/w.wbt',
      'Folder: expected “worlds/” before the name of the world, got “”.',
    ],
    [
      'https://gitlab.com/g/p/-/blob/main/worlds/w.wbt?x',
      'End: expected nothing after the name of the world, got “?” or “#”.',
    ],
    [`https://github.com/o/${'r'.repeat(2048)}`, 'Expected at most 2048 characters, got 2069.'],
  ])('says of %s which part is wrong', (url, problem) => {
    expect(worldUrlProblem(url)).toBe(problem);
  });
});
