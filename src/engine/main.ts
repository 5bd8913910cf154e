#!/usr/bin/env node
import type { Server } from 'node:http';
import { resolve } from 'node:path';
import { AppError } from '../errors.ts';
import { type EngineOptions, HELP, readCommandLine } from './command-line.ts';
import type { Engine, EngineOutput } from './engine.ts';
import { listenNear } from './http/listening.ts';
import type { RemoteFiles } from './network/remote-files.ts';
import { projectOf } from './project.ts';
import { loadScene } from './scene/load-scene.ts';
import { createEngineServer } from './server.ts';

/** Status of a program that was asked for something impossible, or could not start, as of Webots. */
const FAILURE = 1;

const END_SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'] as const;

const output: EngineOutput = {
  announce: (line) => process.stdout.write(`${line}\n`),
  log: (line) => process.stderr.write(`${line}\n`),
};

await main();

async function main(): Promise<void> {
  try {
    const commandLine = readCommandLine(process.argv.slice(2));
    if (commandLine.task === 'help') process.stdout.write(HELP);
    else if (commandLine.task === 'version')
      process.stdout.write(`webots-hub embedded engine ${await readVersion()}\n`);
    else {
      for (const warning of commandLine.warnings) output.log(warning);
      await run(commandLine.options);
    }
  } catch (error) {
    output.log(`webots: ${error instanceof AppError ? error.message : error instanceof Error ? error.stack : error}`);
    if (error instanceof AppError && error.code === 'commandLineInvalid') {
      output.log("Try 'webots --help' for more information.");
    }
    process.exit(FAILURE);
  }
}

async function run(options: EngineOptions): Promise<void> {
  const world = resolve(options.world);
  const project = projectOf(world);
  let engine: Engine | undefined;
  let loadingEngine: Promise<Engine> | undefined;
  let starting: Promise<void> | undefined;

  let isEnding = false;
  const end = () => {
    if (isEnding) return;
    isEnding = true;
    // Whatever goes wrong now, the end comes.
    Promise.resolve(engine?.close()).finally(() => process.exit(0));
  };
  for (const signal of END_SIGNALS) process.on(signal, end);
  // Who started the engine is gone: nobody would end it any more.
  process.stdout.on('error', end);
  process.stderr.on('error', end);

  const remoteFiles = await remoteFilesOf(options);
  const server = createEngineServer(async (...client) => (await getEngine()).admit(...client), project.root);
  const scene = listen(server, options).then(() =>
    loadScene(world, (status, percent) => engine?.showLoading(status, percent), remoteFiles()),
  );
  await scene;
  if (options.heartbeat !== undefined) {
    output.announce('.');
    setInterval(() => output.announce('.'), options.heartbeat);
  }
  await (await getEngine()).prepare();
  await starting;

  /** Most of the program is not needed before somebody comes or the world is there. */
  function getEngine(): Promise<Engine> {
    loadingEngine ??= import('./engine.ts').then((module) => {
      engine = new module.Engine(project, output, remoteFiles);
      starting = engine.start(world, scene, options.mode);
      // Heard of above, once the scene is there.
      starting.catch(() => {});
      return engine;
    });
    return loadingEngine;
  }
}

/** What PROTOs are fetched by, anew for each world, as its bounds are those of one. */
async function remoteFilesOf({ protoHosts, protoCache }: EngineOptions): Promise<() => RemoteFiles | undefined> {
  // Few servers let it be, and the rest should not wait for it to be loaded.
  if (protoHosts.length === 0) return () => undefined;
  const [{ FileCache }, { RemoteFiles }] = await Promise.all([
    import('./network/file-cache.ts'),
    import('./network/remote-files.ts'),
  ]);
  const cache = protoCache === undefined ? undefined : new FileCache(resolve(protoCache));
  return () => new RemoteFiles({ hosts: protoHosts }, cache);
}

async function listen(server: Server, { port, host }: EngineOptions): Promise<void> {
  const taken = await listenNear(server, port, host, (busy) =>
    output.log(`Could not listen to web clients on port ${busy}: another program does.`),
  );
  if (taken !== port) {
    output.log(`Using port ${taken} instead. Use the '--port' option to start several instances.`);
  }
}

async function readVersion(): Promise<string> {
  const [{ readFile }, { PACKAGE_ROOT }] = await Promise.all([
    import('node:fs/promises'),
    import('../package-root.ts'),
  ]);
  const { version } = JSON.parse(await readFile(`${PACKAGE_ROOT}/package.json`, 'utf8')) as { version: string };
  return version;
}
