/** What a world's address must look like, as the page shows it. */
const FORM = 'https://github.com/OWNER/REPOSITORY/blob/BRANCH/worlds/NAME.wbt';

const HOST = 'https://github.com/';

/** Another git host than GitHub, which may be served or not: the simulation server tells. */
const OTHER_HOST = /^https:\/\/(?!github\.com[/:])[\w-]+(?:\.[\w-]+)*(?::\d+)?\/(?=.)/i;

/** What GitLab adds to its own addresses. */
const GITLAB_QUERY = /\?ref_type=(?:heads|tags)$/;

/** Between the names and the branch: as GitLab, and as Gitea and Forgejo write it. */
const OTHER_KIND = /\/(?:-\/(?:blob|tree|raw)|(?:src|raw)\/(?:branch|tag|commit)|blob|tree|raw)\//;

/** Longest address that servers read, in characters. */
const LONGEST = 2048;

/** How GitHub writes the names of owners and repositories. */
const OWNER = /^[a-z\d][a-z\d_-]*$/i;
const REPOSITORY = /^[a-z\d_.][a-z\d_.-]*$/i;

const KINDS = ['blob', 'tree', 'raw'];

/**
 * What is wrong with the address of a world, and which part of it; `undefined` if nothing is.
 * What is not written to its end yet is judged as it is.
 */
export function worldUrlProblem(text: string): string | undefined {
  const url = text.trim();
  if (url === '') return `Expected the address of a world, such as ${FORM}.`;
  if (url.length > LONGEST) return `Expected at most ${LONGEST} characters, got ${url.length}.`;
  if (OTHER_HOST.test(url)) return otherHostProblem(url);
  if (!url.toLowerCase().startsWith(HOST))
    return `Host: expected the address to begin with ${HOST}, got “${begin(url)}”.`;
  if (/[?#]/.test(url)) return 'End: expected nothing after the name of the world, got “?” or “#”.';
  const [owner = '', repository = '', kind, ...path] = url.slice(HOST.length).split('/');
  if (!OWNER.test(owner)) return `Owner: expected the name of a user or an organisation, got “${owner}”.`;
  if (!REPOSITORY.test(repository)) return `Repository: expected a name, got “${repository}”.`;
  if (kind === undefined || !KINDS.includes(kind)) {
    return `After the repository: expected “blob” or “tree”, got “${kind ?? ''}”.`;
  }
  return pathProblem(path);
}

function otherHostProblem(url: string): string | undefined {
  const address = url.replace(GITLAB_QUERY, '');
  if (/[?#]/.test(address)) return 'End: expected nothing after the name of the world, got “?” or “#”.';
  const kind = OTHER_KIND.exec(address);
  if (!kind) return 'After the repository: expected “-/blob” (GitLab) or “src/branch” (Gitea, Forgejo).';
  return pathProblem(address.slice(kind.index + kind[0].length).split('/'));
}

function pathProblem(path: readonly string[]): string | undefined {
  const [branch = ''] = path;
  if (branch === '' || branch.startsWith('-')) return `Branch: expected the name of a branch or tag, got “${branch}”.`;
  const empty = path.slice(0, -1).findIndex((part) => part === '' || part === '.' || part === '..');
  if (empty !== -1) return `Folder: expected a name between two slashes, got “${path[empty]}”.`;
  const name = path.at(-1) ?? '';
  if (path.length < 3 || path.at(-2) !== 'worlds') {
    return `Folder: expected “worlds/” before the name of the world, got “${path.slice(1, -1).at(-1) ?? ''}”.`;
  }
  if (!name.endsWith('.wbt') || name === '.wbt')
    return `World: expected a file name that ends with .wbt, got “${name}”.`;
  return undefined;
}

function begin(url: string): string {
  return url.length <= HOST.length ? url : `${url.slice(0, HOST.length)}…`;
}
