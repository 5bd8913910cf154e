import { type GitServer, type GitServerMode, startGitServer } from '../fixtures/git-server.ts';

/** Owner of all repositories here, and one whose repositories are not allowed. */
const OWNER = 'soak';
const STRANGER = 'stranger';

/** Engines by their faults, as `fake-webots.mjs` names them: the world's name is the list of its engine's faults. */
const ENGINES: readonly { readonly modes: string; readonly weight: number; readonly isHealthy?: boolean }[] = [
  { modes: 'stream', weight: 6, isHealthy: true },
  { modes: 'stream,family', weight: 1, isHealthy: true },
  { modes: 'stream,stubborn', weight: 1, isHealthy: true },
  { modes: 'stream,stubborn,family', weight: 1, isHealthy: true },
  { modes: 'stream,flood', weight: 1, isHealthy: true },
  { modes: 'stream,noisy', weight: 1, isHealthy: true },
  { modes: 'stream,mute', weight: 1 },
  { modes: 'stream,dies,family', weight: 1 },
  { modes: 'stream,crashLater', weight: 1 },
  { modes: 'crash', weight: 1 },
  { modes: 'exit', weight: 1 },
  { modes: 'silent', weight: 0.5 },
  { modes: 'misplaced', weight: 0.5 },
  { modes: 'deaf', weight: 0.5 },
];

/** Repositories by the faults of their git server. */
const REPOSITORIES: readonly { readonly name: string; readonly weight: number; readonly mode?: GitServerMode }[] = [
  { name: 'slow', weight: 1, mode: { kind: 'slow', pause: 100 } },
  { name: 'cut', weight: 1, mode: { kind: 'break' } },
  { name: 'failing', weight: 1, mode: { kind: 'status', status: 500 } },
  { name: 'locked', weight: 0.5, mode: { kind: 'status', status: 401 } },
  { name: 'mute', weight: 0.5, mode: { kind: 'hang', at: 'connect' } },
  { name: 'stuck', weight: 0.5, mode: { kind: 'hang', at: 'pack' } },
];

/** What a client may ask for. */
export interface World {
  readonly name: string;
  readonly url: string;
  readonly weight: number;
  /** Whether a client that stays must see it stream, and may stay as long as it likes. */
  readonly isHealthy: boolean;
}

const urlOf = (owner: string, repository: string, world: string, ref = 'main') =>
  `https://github.com/${owner}/${repository}/blob/${ref}/worlds/${world}.wbt`;

export const WORLDS: readonly World[] = [
  ...ENGINES.map(({ modes, weight, isHealthy = false }) => ({
    name: `engine: ${modes}`,
    url: urlOf(OWNER, 'worlds', modes),
    weight,
    isHealthy,
  })),
  ...REPOSITORIES.map(({ name, weight }) => ({
    name: `git: ${name}`,
    url: urlOf(OWNER, name, 'stream'),
    weight,
    isHealthy: false,
  })),
  ...[
    { name: 'no world', url: urlOf(OWNER, 'worlds', 'nowhere') },
    { name: 'no branch', url: urlOf(OWNER, 'worlds', 'stream', 'nowhere') },
    { name: 'no repository', url: urlOf(OWNER, 'nowhere', 'stream') },
    { name: 'repository of a stranger', url: urlOf(STRANGER, 'worlds', 'stream') },
    { name: 'no URL of a world', url: 'https://github.com/soak/worlds' },
  ].map((world) => ({ ...world, weight: 0.5, isHealthy: false })),
];

/** The world that nothing is wrong with. */
export const HEALTHY_WORLD = WORLDS[0]!;

/** Worlds that have a server do all that it does once, and what is hardest to undo. */
export const WARM_UP_WORLDS = WORLDS.filter(({ name }) =>
  ['engine: stream', 'engine: crash', 'engine: stream,stubborn,family', 'git: cut'].includes(name),
);

/** URL prefix of what simulation servers are to allow. */
export const ALLOWED = `https://github.com/${OWNER}`;

/** A git server that has the worlds, with its faults. */
export async function startWorlds(): Promise<GitServer> {
  const modes = new Map(REPOSITORIES.map(({ name, mode }) => [`${OWNER}/${name}`, mode]));
  const names = new Set(['worlds', ...REPOSITORIES.map(({ name }) => name)]);
  const server = await startGitServer({
    modeOf: (repository) => modes.get(repository),
    allow: (repository) => names.has(repository.slice(OWNER.length + 1)),
  });
  const files = Object.fromEntries(ENGINES.map(({ modes: name }) => [`worlds/${name}.wbt`, '#VRML_SIM R2025a utf8\n']));
  for (const name of names) await server.addRepository(`${OWNER}/${name}`, [{ branch: 'main', files }]);
  return server;
}
