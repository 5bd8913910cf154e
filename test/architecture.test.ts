import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = new URL('../', import.meta.url);

/** Files that every part may import, beside `machines`. */
const SHARED = ['package-root', 'errors', 'log', 'outward-fetch', 'role'];

/**
 * The parts of the program, which are `machines` and the folders and files of
 * `src/`, with what each may import beside itself: parts or single files, and
 * of those in parentheses types only. Who imports stands above what it imports.
 */
const PARTS: Readonly<Record<string, readonly string[]>> = {
  visualizations: ['statecharts', 'sequences', 'actors', ...SHARED],
  // Runs the whole program, and stands where who uses it does.
  sequences: [
    'system',
    'session-role',
    'simulation-role',
    'config',
    'simulation/transitions.ts',
    'simulation/port-pool.ts',
    'webots/engine.ts',
    '(reaper/program.ts)',
    'actors',
    'client',
    ...SHARED,
    '(machines)',
  ],
  main: [
    'system',
    'shutdown',
    'configured-role',
    'start-lines',
    'terminal',
    'handover',
    'config',
    'inspection',
    'operations',
    ...SHARED,
  ],
  'configured-role': ['session-role', 'simulation-role', 'web-assets', 'config', '(inspection)', ...SHARED],
  doctor: ['session', 'simulation', 'mail', 'webots', 'projects', 'load', 'config', 'operations', 'client', ...SHARED],
  inspect: ['inspection', 'web-assets', 'operations', ...SHARED],
  'start-lines': ['config/bind-address.ts', 'operations/public-url.ts', ...SHARED],
  terminal: [],
  handover: SHARED,
  shutdown: ['(system)', ...SHARED],
  system: ['(inspection)', ...SHARED, 'machines'],
  'session-role': [
    '(config)',
    'config/live-config.ts',
    'session',
    'mail',
    'role-options',
    'operations',
    ...SHARED,
    'machines',
  ],
  'simulation-role': [
    '(config)',
    'config/live-config.ts',
    'simulation',
    'role-options',
    '(inspection)',
    'webots',
    'projects',
    'reaper',
    'load',
    'operations',
    ...SHARED,
    'machines',
  ],
  'role-options': ['inspection', 'operations', ...SHARED],
  'web-assets': ['(session/pages.ts)', '(operations/page.ts)', ...SHARED],
  web: ['client', 'monitor', 'inspection/recording.ts', 'inspection/replay.ts', 'machines/load-sample.ts'],
  mail: ['(config)', 'operations/private-folder.ts', 'operations/public-url.ts', ...SHARED, 'machines'],
  config: SHARED,
  // Of projects what tells whose a world is, by its URL alone.
  session: [
    'projects/git-hosts.ts',
    'projects/repository-prefix.ts',
    'projects/world-url.ts',
    'operations',
    'monitor',
    ...SHARED,
    'machines',
  ],
  simulation: ['(inspection)', 'webots', 'projects', 'reaper', 'load', 'operations', 'monitor', ...SHARED, 'machines'],
  inspection: ['operations', 'monitor', ...SHARED, 'machines'],
  webots: ['reaper', ...SHARED, 'machines'],
  projects: ['reaper', ...SHARED, 'machines'],
  reaper: ['package-root'],
  load: [...SHARED, 'machines'],
  operations: [...SHARED, 'machines'],
  engine: ['errors', 'outward-fetch', 'package-root'],
  statecharts: ['machines'],
  actors: ['machines'],
  // The terminal client alone: a rule below keeps it out of what pages and others use.
  client: ['outward-fetch'],
  // Runs on servers and in browsers; of machines, types and what is pure.
  monitor: ['machines/client-message.ts', 'machines/load-sample.ts', '(machines)'],
  role: ['machines'],
  log: [],
  'outward-fetch': [],
  errors: ['machines'],
  'package-root': [],
  machines: [],
};

/** Packages that are bundled into the scripts of the pages, and so need not be installed with the program. */
const BUNDLED = ['three', 'uplot'];

/** Run by who works on the program, and no part of it when it is installed. */
const BUILD_SCRIPTS = ['src/web/build.mjs', 'src/statecharts/svg.ts'];

/** Imports whose target is not written out: `ws`, where the platform has no WebSocket of its own; the viewer of a release. */
const COMPUTED_IMPORTS = ['src/client/web-socket.ts: NODE_PACKAGE', 'src/web/webots-view.ts: script'];

interface Import {
  /** What is imported, or the expression that yields it. */
  readonly specifier: string;
  readonly isTypeOnly: boolean;
  readonly isComputed: boolean;
}

/** Every import, export from, dynamic import, require and worker of a source, in no order. */
function importsOf(source: string): Import[] {
  const code = source.replace(/^\s*(?:\/\*[\s\S]*?\*\/|\/\/.*)/gm, '');
  const statements = code.matchAll(/^(?:import|export)\s+(type\s+)?(?:[^'";]*?\bfrom\s+)?(['"])([^'"\n]+)\2/gm);
  const calls = code.matchAll(/(?<![.#\w])(?:import|require)\s*\(\s*([^)]*?)[\s,]*\)/g);
  const workers = code.matchAll(/new URL\(\s*(['"`])([^'"`]+\.[cm]?[jt]s)\1\s*,\s*import\.meta\.url/g);
  return [
    ...[...statements].map(([, type, , specifier]) => found(specifier!, type !== undefined)),
    ...[...calls].map(([, argument]) => {
      const literal = /^(['"])([^'"]+)\1$/.exec(argument!)?.[2];
      return literal === undefined ? { ...found(argument!), isComputed: true } : found(literal);
    }),
    ...[...workers].map(([, , specifier]) => found(specifier!)),
  ];
}

function found(specifier: string, isTypeOnly = false): Import {
  return { specifier, isTypeOnly, isComputed: false };
}

interface Edge extends Import {
  /** Path of the importing file, e.g. `src/session/pages.ts`. */
  readonly file: string;
  /** Path of what is imported, where it is a file of this repository. */
  readonly target: string | undefined;
}

const files = ['src', 'machines'].flatMap((folder) =>
  readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.[cm]?[jt]sx?$/.test(path))
    .map((path) => join(folder, path)),
);

const edges: readonly Edge[] = files.flatMap((file) =>
  importsOf(readFileSync(new URL(file, root), 'utf8')).map((edge) => ({
    ...edge,
    file,
    target: /^\.{1,2}\//.test(edge.specifier) ? normalize(join(dirname(file), edge.specifier)) : undefined,
  })),
);

/** `session` for `src/session/pages.ts`, `log` for `src/log.ts`; undefined for what is in neither folder. */
function partOf(path: string): string | undefined {
  if (path.startsWith('machines/')) return 'machines';
  return /^src\/([^/]+?)(?:\.ts)?(?:\/|$)/.exec(path)?.[1];
}

function packageOf(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

const isBuiltin = (specifier: string) => specifier.startsWith('node:') || builtinModules.includes(specifier);
const show = ({ file, specifier }: Edge) => `${file}: ${specifier}`;
const isBundled = ({ file, specifier }: Edge) => partOf(file) === 'web' && BUNDLED.includes(packageOf(specifier));
const packageEdges = edges.filter(
  (edge) => edge.target === undefined && !edge.isComputed && !BUILD_SCRIPTS.includes(edge.file) && !isBundled(edge),
);

describe('the reader of imports', () => {
  it('finds every way to import', () => {
    const source = `
      /** Not this one: import x from './comment.ts'; */
import './effect.ts';
import type { A } from './type.ts';
import {
  type B,
  b,
} from './lines.ts';
export * from './export.ts';
export type { C } from './export-type.ts';
const d = await import('./dynamic.ts');
const e: typeof import('./query.ts') = require('./require.cjs');
new Worker(new URL('./worker.ts', import.meta.url));
await import(name);
`;

    expect(
      importsOf(source).map(({ specifier, isTypeOnly, isComputed }) => [specifier, isTypeOnly, isComputed]),
    ).toEqual([
      ['./effect.ts', false, false],
      ['./type.ts', true, false],
      ['./lines.ts', false, false],
      ['./export.ts', false, false],
      ['./export-type.ts', true, false],
      ['./dynamic.ts', false, false],
      ['./query.ts', false, false],
      ['./require.cjs', false, false],
      ['name', false, true],
      ['./worker.ts', false, false],
    ]);
  });
});

describe('the parts of the program', () => {
  it('are all listed here, and those listed are all there', () => {
    expect(Object.keys(PARTS).sort()).toEqual([...new Set(files.map(partOf))].sort());
  });

  it('import one way', () => {
    const order = Object.keys(PARTS);
    const upwards = Object.entries(PARTS).flatMap(([part, lower]) =>
      lower
        .map((name) => name.replace(/[()]|\/.*/g, ''))
        .filter((name) => order.indexOf(name) <= order.indexOf(part))
        .map((name) => `${part}: ${name}`),
    );

    expect(upwards).toEqual([]);
  });

  it.each(Object.entries(PARTS))('%s imports no part but %j', (part, allowed) => {
    const strays = edges.filter(({ file, target, isTypeOnly }) => {
      if (target === undefined || partOf(file) !== part) return false;
      const names = [partOf(target) ?? '', target.replace(/^src\//, '')];
      return !names.some(
        (name) => name === part || allowed.includes(name) || (isTypeOnly && allowed.includes(`(${name})`)),
      );
    });

    expect(strays.map(show)).toEqual([]);
  });

  it('are files that exist, named with their ending', () => {
    const targets = edges.filter(({ target }) => target !== undefined && !files.includes(target));

    expect(targets.map(show)).toEqual([]);
  });

  it('write out what they import', () => {
    expect(edges.filter(({ isComputed }) => isComputed).map(show)).toEqual(COMPUTED_IMPORTS);
  });

  it('have no place for what belongs nowhere', () => {
    expect(files.filter((path) => /(^|\/)(utils?|helpers?|common|misc)(\.ts|\/)/i.test(path))).toEqual([]);
  });
});

describe('packages', () => {
  it('are only those that are installed with the program, and the parts of Node by their `node:` names', () => {
    const { dependencies } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    const strays = packageEdges.filter(
      ({ file, specifier }) =>
        !specifier.startsWith('node:') &&
        !Object.hasOwn(dependencies, packageOf(specifier)) &&
        !(partOf(file) === 'web' && BUNDLED.includes(packageOf(specifier))),
    );

    expect(strays.map(show)).toEqual([]);
  });

  it('are none but xstate in machines', () => {
    const strays = packageEdges.filter(({ file, specifier }) => partOf(file) === 'machines' && specifier !== 'xstate');

    expect(strays.map(show)).toEqual([]);
  });

  it('are none in what runs in browsers but those that are bundled; only the terminal client imports parts of Node', () => {
    const isTerminal = (file: string) => /^src\/client\/try(\.ts$|\/)/.test(file);
    const strays = packageEdges.filter(
      ({ file, specifier }) =>
        ['client', 'web', 'monitor'].includes(partOf(file) ?? '') && !(isTerminal(file) && isBuiltin(specifier)),
    );

    expect(strays.map(show)).toEqual([]);
  });

  it('reach the terminal client from nothing but itself, and the doctor, which plays it', () => {
    const isTerminal = (path: string) => /^src\/client\/try(\.ts$|\/)/.test(path);
    const mayPlay = (path: string) => isTerminal(path) || partOf(path) === 'doctor';
    const strays = edges.filter(({ file, target }) => {
      if (target === undefined || mayPlay(file)) return false;
      return isTerminal(target) || (partOf(file) === 'client' && partOf(target) !== 'client');
    });

    expect(strays.map(show)).toEqual([]);
  });
});

it('keeps machines in one folder, each file beside the others', () => {
  expect(files.filter((path) => /^machines\/.*\//.test(path))).toEqual([]);
});

it('ends a process only where a program begins', () => {
  const enders = files.filter((path) =>
    /\bprocess\.(exit\b|abort|reallyExit)/.test(readFileSync(new URL(path, root), 'utf8')),
  );

  expect(
    enders.filter(
      (path) => !['src/main.ts', 'src/engine/main.ts', 'src/reaper/main.ts', 'src/client/try.ts'].includes(path),
    ),
  ).toEqual([]);
});
