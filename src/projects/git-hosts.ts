/** What writes the URLs of files: GitHub, GitLab, or Gitea with its offspring Forgejo (Codeberg). */
export type GitHostKind = 'github' | 'gitlab' | 'gitea';

export const GIT_HOST_KINDS: readonly GitHostKind[] = ['github', 'gitlab', 'gitea'];

/** Host, with its port where it has one, in lower case → what runs there; `github.com` need not be in it. */
export type GitHosts = Readonly<Record<string, GitHostKind>>;

/** The host that is always served. */
const GITHUB = 'github.com';

/** What runs at `host`; undefined for one that is not served. */
export function gitHostKind(host: string, hosts: GitHosts = {}): GitHostKind | undefined {
  const name = host.toLowerCase();
  if (name === GITHUB) return 'github';
  return Object.hasOwn(hosts, name) ? hosts[name] : undefined;
}

/** The path of a file's URL, cut where the names end. */
export interface FilePath {
  /** Owner, or groups, and repository. */
  readonly names: readonly string[];
  /** The words of the host between the names and the ref, `blob`, `tree` or `raw`, or what stands in their place. */
  readonly kind: string;
  /** Ref, folder and file. */
  readonly path: readonly string[];
  /** Whether the ref is said to be a commit. */
  readonly isCommit: boolean;
}

const FILE_WORDS = ['blob', 'tree', 'raw'];
const GITEA_WORDS = ['src', 'raw'];
const GITEA_REFS = ['branch', 'tag', 'commit'];

/** How each kind of host cuts the path of a file's URL; `kind` is `blob` where it is one of a file. */
export const FILE_PATHS: Readonly<Record<GitHostKind, (parts: readonly string[]) => FilePath>> = {
  /** `<owner>/<repository>/(blob|tree|raw)/<path>`. */
  github([owner = '', repository = '', kind = '', ...path]) {
    return { names: [owner, repository], kind: fileWord(kind), path, isCommit: false };
  },
  /** `<group>[/<subgroup>…]/<project>/-/(blob|tree|raw)/<path>`; no name is a hyphen alone. */
  gitlab(parts) {
    const end = parts.includes('-') ? parts.indexOf('-') : parts.length;
    const [kind = '', ...path] = parts.slice(end + 1);
    return { names: parts.slice(0, end), kind: fileWord(kind), path, isCommit: false };
  },
  /** `<owner>/<repository>/(src|raw)/(branch|tag|commit)/<path>`. */
  gitea([owner = '', repository = '', word = '', refKind = '', ...path]) {
    const isFile = GITEA_WORDS.includes(word) && GITEA_REFS.includes(refKind);
    return {
      names: [owner, repository],
      kind: isFile ? 'blob' : [word, refKind].join('/'),
      path,
      isCommit: refKind === 'commit',
    };
  },
};

/** What stands between the names and the ref, as messages show it. */
export const FILE_FORMS: Readonly<Record<GitHostKind, string>> = {
  github: 'blob',
  gitlab: '-/blob',
  gitea: 'src/branch, src/tag or src/commit',
};

function fileWord(word: string): string {
  return FILE_WORDS.includes(word) ? 'blob' : word;
}

/** The path without `refs/heads/` and `refs/tags/`, with which hosts begin the refs of some of their own URLs. */
export function withoutRefsPrefix(path: readonly string[]): readonly string[] {
  const isPrefixed = path.length > 2 && path[0] === 'refs' && (path[1] === 'heads' || path[1] === 'tags');
  return isPrefixed ? path.slice(2) : path;
}
