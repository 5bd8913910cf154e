import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { type GitServer, startGitServer } from '../test/fixtures/git-server.ts';
import { fakeWebotsCommand, freePort, type Program, startProgram } from './program.ts';
import { timed } from './report.ts';

export const WORLD = 'https://github.com/bench/small/blob/main/worlds/w.wbt';
const FILES = { 'worlds/w.wbt': '#VRML_SIM R2025a utf8\n' };

/** A git server with the repository of `WORLD`. @param cloneDelay time in ms that a clone takes longer */
export async function startRepository(cloneDelay = 0): Promise<GitServer> {
  const git = await startGitServer({ cloneDelay });
  await git.addRepository('bench/small', [{ branch: 'main', files: FILES }]);
  return git;
}

export function instancesOf(server: Program): string {
  return join(server.folder, 'projects/instances');
}

export function startSimulation(gitUrl: string): Promise<Program> {
  return startProgram('simulation', {
    allowedRepositories: ['https://github.com/bench'],
    mirrors: { 'https://github.com': gitUrl },
    engine: 'webots',
  });
}

export interface Client {
  readonly socket: WebSocket;
  readonly port: number;
}

export function openClient(server: Program): Promise<Client> {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/client`);
  return new Promise((resolve, reject) => {
    socket.on('open', () => socket.send(JSON.stringify({ start: { url: WORLD } })));
    socket.on('error', reject);
    socket.on('message', (data) => {
      const text = String(data);
      if (text.startsWith('error:')) reject(new Error(text));
      if (text.startsWith('webots:')) resolve({ socket, port: Number(text.slice(text.lastIndexOf('/') + 1)) });
    });
  });
}

export async function startClient(server: Program): Promise<void> {
  const { socket } = await openClient(server);
  socket.close();
}

/** The commands that a person would type, and the engine until its first heartbeat. */
export async function bareStart(url: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-git-'));
  const work = join(folder, 'w');
  await run('git', ['clone', '-q', '--depth=1', '--filter=blob:none', '--branch=main', url, work]);
  const [program, args] = fakeWebotsCommand(await freePort());
  const engine = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  await once(engine.stdout, 'data');
  engine.kill();
  await once(engine, 'exit');
  await rm(folder, { recursive: true });
}

/** Time in ms from SIGTERM to the exit of the engine alone. */
export async function bareEnd(): Promise<number> {
  const [program, args] = fakeWebotsCommand(await freePort());
  const engine = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  await once(engine.stdout, 'data');
  const { ms } = await timed(async () => {
    engine.kill();
    await once(engine, 'exit');
  });
  return ms;
}

async function run(program: string, args: readonly string[]): Promise<void> {
  const [code] = await once(spawn(program, args, { stdio: 'ignore' }), 'exit');
  if (code !== 0) throw new Error(`${program} ended with ${code}`);
}
