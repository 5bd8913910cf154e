import { posix } from 'node:path';
import type { RemoteFiles } from '../network/remote-files.ts';
import { remoteUrl } from '../network/remote-url.ts';
import { openProjectFile, readAndClose } from '../project-file.ts';
import { isBuiltIn } from '../scene/node-description.ts';
import type { ReadingBudget } from '../world/node-reader.ts';
import { parseInTurns } from '../world/parse-in-turns.ts';
import { type World, WorldError } from '../world/world.ts';
import { type Found, isRemote, type SourceFile } from './source-file.ts';

/** Size of the largest PROTO file that is read, in bytes (our choice; the largest of Webots has some 100 kB). */
export const MAXIMUM_PROTOTYPE_SIZE = 10_000_000;

/** PROTO files that one world may read (our choice; large robots have some 50). */
export const MAXIMUM_PROTOTYPE_FILES = 500;

/** The folder of a project where Webots looks for PROTOs that a file does not name. */
const DEFAULT_FOLDER = 'protos';

const MISSING = 'the project has no such PROTO file';

const REMOTE = /^[a-z][a-z\d+.-]*:/i;

const ELSEWHERE = 'its PROTO is not part of the project';

interface OpenSource {
  readonly world: World;
  readonly folder: string;
  readonly prototypes: Map<string, Found>;
}

/** Reads the PROTO files that a world needs, each once, and nothing outside of its project but what may be fetched. */
export class PrototypeLibrary {
  readonly #root: string;
  readonly #budget: ReadingBudget;
  readonly #files = new Map<string, Found>();
  /** Files whose types are still to be looked up. */
  readonly #unresolved: OpenSource[] = [];
  readonly #missingDefinitions = new Set<string>();
  readonly #remote: RemoteFiles | undefined;
  #version = '';

  /**
   * @param root absolute path of the project
   * @param budget of all files that belong to the world
   * @param remote files that may be fetched; none where it is `undefined`
   */
  constructor(root: string, budget: ReadingBudget, remote?: RemoteFiles) {
    this.#root = root;
    this.#budget = budget;
    this.#remote = remote;
  }

  /** Names that `USE` asked for in PROTO files and no `DEF` before it had given. */
  get missingDefinitions(): readonly string[] {
    return [...this.#missingDefinitions];
  }

  /**
   * Finds what the types in a world stand for, and those in the files that this leads to.
   *
   * @param folder of the world, from the project down
   */
  async resolve(world: World, folder: string): Promise<SourceFile> {
    this.#version = world.version;
    const file = this.#open(world, folder);
    for (let source = this.#unresolved.pop(); source !== undefined; source = this.#unresolved.pop()) {
      const types = [...source.world.types].filter((type) => !isBuiltIn(type) && !source.prototypes.has(type));
      this.#fetchAhead(types, source);
      for (const type of types) {
        const found = await this.#find(type, source);
        if (found !== undefined) source.prototypes.set(type, found);
      }
    }
    return file;
  }

  #open(world: World, folder: string): SourceFile {
    const prototypes = new Map<string, Found>();
    const file = { folder, prototypes };
    for (const prototype of world.prototypes) prototypes.set(prototype.name, { prototype, file });
    for (const name of world.missingDefinitions) this.#missingDefinitions.add(name);
    this.#unresolved.push({ world, folder, prototypes });
    return file;
  }

  /** Begins to fetch all files that a source names, so that they come together. */
  #fetchAhead(types: readonly string[], source: OpenSource): void {
    for (const type of types) {
      const external = source.world.externals.findLast(({ name }) => name === type);
      const url = external === undefined ? undefined : this.#remoteUrl(external.url, source.folder);
      // Who waits for it hears how it went.
      if (url !== undefined) this.#remote?.read(url).catch(() => {});
    }
  }

  async #find(type: string, { world, folder }: OpenSource): Promise<Found | undefined> {
    const external = world.externals.findLast(({ name }) => name === type);
    if (external !== undefined) return this.#findExternal(type, external.url, folder);
    if (isRemote(folder) || !/^[\w-]+$/.test(type)) return undefined;
    const found = await this.#load(`${DEFAULT_FOLDER}/${type}.proto`, type);
    return 'prototype' in found || found.obstacle !== MISSING ? found : undefined;
  }

  async #findExternal(type: string, url: string, folder: string): Promise<Found> {
    const remote = this.#remoteUrl(url, folder);
    if (remote !== undefined && this.#remote !== undefined) return this.#load(remote.href, type);
    if (REMOTE.test(url) || isRemote(folder)) return { obstacle: ELSEWHERE };
    const path = posix.normalize(posix.join(folder, url.replaceAll('\\', '/')));
    if (/^[/\\]/.test(url) || path === '..' || path.startsWith('../')) {
      return { obstacle: 'its PROTO lies outside of the project' };
    }
    return this.#load(path, type);
  }

  /** What a file on the network names is there as well. */
  #remoteUrl(url: string, folder: string): URL | undefined {
    const isRelative = isRemote(folder) && !REMOTE.test(url) && URL.canParse(url, folder);
    return remoteUrl(isRelative ? new URL(url, folder).href : url, this.#version);
  }

  async #load(path: string, type: string): Promise<Found> {
    const known = this.#files.get(path);
    if (known !== undefined) return known;
    if (this.#files.size >= MAXIMUM_PROTOTYPE_FILES) {
      return { obstacle: `the world asks for more than ${MAXIMUM_PROTOTYPE_FILES} PROTO files` };
    }
    const found = isRemote(path) ? await this.#fetch(path, type) : await this.#read(path, type);
    this.#files.set(path, found);
    return found;
  }

  async #fetch(url: string, type: string): Promise<Found> {
    const fetched = await this.#remote?.read(new URL(url));
    if (fetched === undefined || 'obstacle' in fetched) return { obstacle: fetched?.obstacle ?? ELSEWHERE };
    return this.#parse(fetched.text, type, new URL('.', url).href);
  }

  async #read(path: string, type: string): Promise<Found> {
    const file = await openProjectFile(this.#root, path.split('/'));
    if (file === undefined) return { obstacle: MISSING };
    if (file.size > MAXIMUM_PROTOTYPE_SIZE) {
      await file.handle.close();
      return { obstacle: `its PROTO has more than ${MAXIMUM_PROTOTYPE_SIZE} bytes` };
    }
    const text = (await readAndClose(file)).toString('utf8');
    return this.#parse(text, type, posix.dirname(path).replace(/^\.$/, ''));
  }

  async #parse(text: string, type: string, folder: string): Promise<Found> {
    try {
      const content = await parseInTurns(text, this.#budget);
      const prototype = content.prototypes.find(({ name }) => name === type) ?? content.prototypes[0];
      if (prototype === undefined) return { obstacle: 'its file defines no PROTO' };
      return { prototype, file: this.#open(content, folder) };
    } catch (error) {
      if (!(error instanceof WorldError)) throw error;
      return { obstacle: `its PROTO cannot be read: line ${error.line}, column ${error.column}` };
    }
  }
}
