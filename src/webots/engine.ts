import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import type { WebotsLaunch } from '../../machines/webots-process-types.ts';
import { PACKAGE_ROOT } from '../package-root.ts';
import type { ProgramCommand } from '../reaper/program.ts';

/** A program that simulates a world and streams it to web clients. */
export interface Engine {
  readonly name: 'webots' | 'embedded';
  /** One line for the start-up message and the pages. */
  readonly description: string;
  readonly modes: readonly WebotsLaunch['mode'][];
  /** Wait between two of its heartbeat lines, in ms. */
  readonly heartbeat: number;
  command(launch: WebotsLaunch): ProgramCommand;
}

/** Wait between two heartbeat lines of an engine, in ms: the value of webots-server's command line. */
const HEARTBEAT = 5_000;

/**
 * Node ends only when V8 has compiled what it is compiling in the background:
 * without these options the physics' WebAssembly puts the exit off by seconds.
 */
const PROMPT_EXIT = ['--liftoff-only'];

/** Variables that concern the hub alone: engines run strangers' controllers. */
const HUB_VARIABLE = /^(WEBOTS_HUB_|npm_)/;

/** Variables that name a proxy, and what they have of its URL up to the login, which concerns the hub alone as well. */
const PROXY_VARIABLE = /_proxy$/i;
const PROXY_LOGIN = /^([a-z][a-z\d+.-]*:\/\/)?.*@/is;

/**
 * The `webots` in the folder `home`, with the command line of webots-server.
 *
 * @param secrets names of variables that engines do not get
 * @param display what leads them to a display, asked for anew for each
 */
function webotsEngine(
  home: string,
  secrets: readonly string[] = [],
  display: () => Readonly<Record<string, string>> = () => ({}),
): Engine {
  return {
    name: 'webots',
    description: `Webots in ${home}`,
    modes: ['scene', 'mjpeg'],
    heartbeat: HEARTBEAT,
    command: (launch) => ({
      program: join(home, webotsProgram()),
      arguments: [...webotsArguments(launch), launch.worldPath],
      environment: { ...engineEnvironment(secrets), ...display() },
      folder: launch.projectFolder,
    }),
  };
}

/**
 * The stand-in of this package.
 *
 * @param bindAddress address on which it listens, the same as the server's
 * @param secrets names of variables that engines do not get
 * @param prototypes where it may fetch PROTO files from, and where it keeps them
 */
export function embeddedEngine(
  bindAddress: string,
  secrets: readonly string[] = [],
  prototypes?: PrototypeSources,
): Engine {
  return {
    name: 'embedded',
    description: 'embedded engine (not Webots: a small stand-in; controllers are not run)',
    modes: ['scene'],
    heartbeat: HEARTBEAT,
    command: (launch) => ({
      program: process.execPath,
      arguments: [
        ...PROMPT_EXIT,
        join(PACKAGE_ROOT, 'dist/src/engine/main.js'),
        ...webotsArguments(launch),
        `--host=${bindAddress}`,
        ...prototypeArguments(prototypes),
        launch.worldPath,
      ],
      environment: engineEnvironment(secrets),
      folder: launch.projectFolder,
    }),
  };
}

export interface PrototypeSources {
  readonly hosts: readonly string[];
  /** Absolute path of a folder. */
  readonly cache: string;
}

export interface EngineChoice {
  readonly engine: 'auto' | 'webots' | 'embedded';
  readonly webotsHome: string;
  readonly bindAddress: string;
  /** Names of variables that engines do not get. */
  readonly secrets?: readonly string[];
  /** What leads Webots to a display; by default the environment does. */
  readonly displayVariables?: () => Readonly<Record<string, string>>;
  readonly protoHosts: readonly string[];
  /** Beside this folder is the one in which PROTO files are kept. */
  readonly projectsDir: string;
}

/** Webots where it is installed or asked for, else the stand-in. */
export async function findEngine(choice: EngineChoice): Promise<Engine> {
  const { engine, webotsHome, bindAddress, secrets, displayVariables, protoHosts, projectsDir } = choice;
  const isFound = engine === 'auto' && (await isProgram(join(webotsHome, webotsProgram())));
  if (engine === 'webots' || isFound) return webotsEngine(webotsHome, secrets, displayVariables);
  return embeddedEngine(bindAddress, secrets, { hosts: protoHosts, cache: `${projectsDir}-protos` });
}

export async function isProgram(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

function webotsProgram(): string {
  if (process.platform === 'darwin') return 'Contents/MacOS/webots';
  if (process.platform === 'win32') return 'msys64/mingw64/bin/webots.exe';
  return 'webots';
}

/** webots-server `Client.start_webots`; plain `--stream` works in all releases, a scene mode's name does not. */
function webotsArguments({ mode, port }: WebotsLaunch): string[] {
  const scene = mode === 'scene' ? ['--minimize', '--no-rendering'] : [];
  const stream = mode === 'scene' ? '--stream' : '--stream=mjpeg';
  return ['--batch', '--mode=pause', ...scene, `--port=${port}`, `--heartbeat=${HEARTBEAT}`, stream];
}

function prototypeArguments({ hosts, cache }: PrototypeSources = { hosts: [], cache: '' }): string[] {
  return hosts.length === 0 ? [] : [`--proto-hosts=${hosts.join(',')}`, `--proto-cache=${cache}`];
}

function engineEnvironment(secrets: readonly string[]): Record<string, string> {
  const inherited = Object.entries(process.env).flatMap(([name, value]) => {
    if (value === undefined || HUB_VARIABLE.test(name) || secrets.includes(name)) return [];
    return [[name, PROXY_VARIABLE.test(name) ? value.replace(PROXY_LOGIN, '$1') : value]];
  });
  // webots-server sets DISPLAY to `:0` where a server was started without one.
  return { DISPLAY: ':0', ...Object.fromEntries(inherited) };
}
